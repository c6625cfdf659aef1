import { expect, test } from "vitest";

import { loadMessages } from "./messages.ts";
import { readRows } from "./read-rows.ts";

const columns = { text: "text", label: "label" };
const utf8 = (text: string) => new TextEncoder().encode(text);
const read = (text: string, names = columns) => readRows(utf8(text), names, "m.csv").rows;

test("quotes, line breaks in a cell, any columns and any of three delimiters are read", () => {
  expect(read('id,text,label\r\n1,"a, ""b""\nc",x\r\n2,d,y')).toEqual([
    { text: 'a, "b"\nc', label: "x" },
    { text: "d", label: "y" },
  ]);
  expect(read("label;text\nx;a, b")).toEqual([{ text: "a, b", label: "x" }]);
  expect(read("label\ttext\nx\ta; b, c")).toEqual([{ text: "a; b, c", label: "x" }]);
  expect(read("\uFEFFbody,topic\nhi,greeting", { text: "body", label: "topic" })).toEqual([
    { text: "hi", label: "greeting" },
  ]);
});

test("UTF-16 and Windows-1252 are understood, and said", () => {
  const utf16 = Buffer.from("\uFEFFtext,label\n日本語,ja", "utf16le");
  expect(readRows(utf16, columns, "m.csv")).toEqual({
    rows: [{ text: "日本語", label: "ja" }],
    notes: ["m.csv is read as utf-16le"],
  });
  const old = Buffer.from("text,label\ncaf\u00e9,fr", "latin1");
  expect(readRows(old, columns, "m.csv")).toEqual({
    rows: [{ text: "café", label: "fr" }],
    notes: ["m.csv is read as windows-1252"],
  });
});

test("rows without a text or a label are left out and counted", () => {
  const { rows, notes } = readRows(
    utf8(`text,label\n,x\n   ,x\na,\nb,x\nshort row\n"${"c".repeat(100_001)}",x`),
    columns,
    "m.csv",
  );
  expect(rows).toEqual([{ text: "b", label: "x" }]);
  expect(notes).toEqual(["5 of 6 rows of m.csv have no usable text or label: left out"]);
});

test("a file without the columns is refused with the names of those it has", () => {
  expect(() => read("body;topic\na;b")).toThrow(
    'm.csv needs a header with the columns "text" and "label"; it has "body", "topic". Name the ones to use: --text COLUMN --label COLUMN',
  );
  expect(() => read("")).toThrow(/it has nothing/);
});

const many = `text,label\n${Array.from({ length: 400 }, (_, i) => `t${i},${i % 2 ? "odd" : "even"}`).join("\n")}`;

test("the exam is kept apart, and the same seed gives the same app", () => {
  const data = { name: "m.csv", bytes: utf8(many) };
  const { app } = loadMessages({ data, columns, seed: 3 });
  expect([app.traffic.length, app.exam.length]).toEqual([340, 60]);
  const met = new Set(app.traffic.map(({ inputs }) => inputs["text"]));
  expect(app.exam.filter(({ inputs }) => met.has(inputs["text"]))).toEqual([]);
  expect(app.settings.classes).toEqual(["even", "odd"]);
  expect(loadMessages({ data, columns, seed: 3 }).app).toEqual(app);
});

test("a file of its own may be the exam; labels that never occurred before are left out of it", () => {
  const { app, notes } = loadMessages({
    data: { name: "m.csv", bytes: utf8(many) },
    exam: { name: "e.csv", bytes: utf8("text,label\na,odd\nb,new") },
    columns,
    seed: 1,
  });
  expect([app.traffic.length, app.exam.length]).toEqual([400, 1]);
  expect(notes).toEqual(["1 rows of the exam have labels that never occur before: left out"]);
});

test("one label is not enough to tell things apart", () => {
  const data = { name: "m.csv", bytes: utf8("text,label\na,x\nb,x") };
  expect(() => loadMessages({ data, columns, seed: 1 })).toThrow("two at least");
});
