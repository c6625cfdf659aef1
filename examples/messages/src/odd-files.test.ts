import { gzipSync, zstdCompressSync } from "node:zlib";

import { seededRandom } from "@groundswell/crowd";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, test } from "vitest";

import { loadMessages } from "./messages.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const load = (bytes: Uint8Array | string, name = "m.csv", columns = {}) =>
  loadMessages({
    data: { name, bytes: typeof bytes === "string" ? utf8(bytes) : bytes },
    columns,
    seed: 1,
  });

/** Messages of a seed: the same in every run, and none like another. */
function messages(n: number, labels: readonly string[] = ["card", "loan"], seed = 7) {
  const random = seededRandom(seed);
  const word = () => Math.floor(random() * 1e6).toString(36);
  return Array.from({ length: n }, (_, i) => ({
    text: `message ${i} ${word()} ${word()}`,
    label: labels[i % labels.length] ?? "",
  }));
}

const csv = (rows: readonly { text: string; label: string }[], header = "text,label") =>
  [header, ...rows.map(({ text, label }) => `${text},${label}`)].join("\n");

const whole = messages(200);
const plain = csv(whole);
const parquetOf = (
  rows: readonly { text: string; label: unknown }[],
  codec?: "SNAPPY" | "UNCOMPRESSED",
) =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: "text", data: rows.map(({ text }) => text), type: "STRING" },
        {
          name: "label",
          data: rows.map(({ label }) => label),
          type: typeof rows[0]?.label === "bigint" ? "INT64" : "STRING",
        },
      ],
      ...(codec && { codec }),
    }),
  );
const ndjson = whole.map((row) => JSON.stringify(row)).join("\n");

describe("files that are read whole", () => {
  test.each<[string, Uint8Array | string, string?]>([
    ["a byte order mark", `\uFEFF${plain}`],
    ["UTF-16, little end first", Buffer.from(`\uFEFF${plain}`, "utf16le")],
    ["UTF-16, big end first", Buffer.from(`\uFEFF${plain}`, "utf16le").swap16()],
    ["UTF-16 without a mark", Buffer.from(plain, "utf16le")],
    ["CRLF", plain.replaceAll("\n", "\r\n")],
    ["CR alone", plain.replaceAll("\n", "\r")],
    ["semicolons", plain.replaceAll(",", ";")],
    ["tabs", plain.replaceAll(",", "\t"), "m.tsv"],
    ["bars", plain.replaceAll(",", "|")],
    ["a spreadsheet's first line", `sep=;\r\n${plain.replaceAll(",", ";")}`],
    ["empty lines", plain.replaceAll("\n", "\n\n")],
    ["headers in another case, with blanks", plain.replace("text,label", ' Text ," LABEL "')],
    ["gzip", gzipSync(plain), "m.csv.gz"],
    ["gzip without the name", gzipSync(plain), "m.csv"],
    ["Zstandard", zstdCompressSync(plain), "m.csv.zst"],
    ["JSON lines", ndjson, "m.ndjson"],
    ["JSON lines, packed", gzipSync(ndjson), "m.jsonl.gz"],
    ["Parquet", parquetOf(whole), "m.parquet"],
    ["Parquet, not packed", parquetOf(whole, "UNCOMPRESSED"), "m.parquet"],
    ["Parquet without the name", parquetOf(whole), "m.csv"],
  ])("%s", async (_what, bytes, name) => {
    const { app, notes } = await load(bytes, name);
    expect(app.traffic.length + app.exam.length).toBe(200);
    expect(app.settings.classes).toEqual(["card", "loan"]);
    const texts = new Set([...app.traffic, ...app.exam].map(({ inputs }) => inputs["text"]));
    expect(texts).toEqual(new Set(whole.map(({ text }) => text)));
    expect(notes.filter((note) => !/is read as utf-16/.test(note))).toEqual([]);
  });

  test("Windows-1252, quoted line breaks and quotes, NUL, numbers and __proto__ as labels", async () => {
    const rows = messages(100, ["__proto__", "7", "café"]);
    const odd = `${csv(rows)}\n"two\r\nlines, and a ""quote""",7\nz\u0000ero,__proto__`;
    const { app, notes } = await load(Buffer.from(odd, "latin1"));
    expect(app.settings.classes).toEqual(["7", "__proto__", "café"]);
    const texts = [...app.traffic, ...app.exam].map(({ inputs }) => inputs["text"]);
    expect(texts).toContain('two\r\nlines, and a "quote"');
    expect(texts).toContain("zero");
    expect(notes).toEqual(["m.csv is read as windows-1252"]);
  });

  test("labels that are numbers, in Parquet and JSON, are read as they are written", async () => {
    const numbered = whole.map(({ text }, i) => ({ text, label: BigInt(i % 3) }));
    expect((await load(parquetOf(numbered))).app.settings.classes).toEqual(["0", "1", "2"]);
    const lines = whole.map(({ text }, i) => JSON.stringify({ text, label: i % 2 === 0 }));
    expect((await load(lines.join("\n"))).app.settings.classes).toEqual(["false", "true"]);
  });

  test("blanks don't tell labels apart; case does, and that is said", async () => {
    const rows = messages(120, ["lost  card", "lost card ", "Loan", "loan"]);
    const { app, notes } = await load(csv(rows));
    expect(app.settings.classes).toEqual(["Loan", "loan", "lost card"]);
    expect(notes).toEqual([
      'the labels "Loan" and "loan" are two classes: they differ in case alone',
    ]);
  });

  test("the same text again and again is as good as any", async () => {
    const rows = messages(120).map(({ label }) => ({ text: "the same", label }));
    expect((await load(csv(rows))).app.traffic).toHaveLength(102);
  });

  test("a thousand labels", async () => {
    const labels = Array.from({ length: 1_000 }, (_, i) => `topic ${i}`);
    const { app } = await load(csv(messages(8_000, labels)));
    expect(app.settings.classes).toHaveLength(1_000);
  });
});

describe("rows that are left out", () => {
  test("which and why: the first five by their lines, then counts", async () => {
    const odd = [
      "x,",
      ",card",
      `"${"long ".repeat(400_000)}",card`,
      '"two\nlines",',
      `a,${"l".repeat(300)}`,
      "short",
      "   ,card",
    ].join("\n");
    const { notes } = await load(`${plain}\n${odd}`);
    expect(notes).toEqual([
      "left out 7 of 207 rows of m.csv",
      "  line 202: no label",
      "  line 203: no text",
      "  line 204: a text of more than 100,000 characters",
      "  line 205: no label",
      "  line 207: a label of more than 256 characters",
      "  in all 3 with no label, 2 with no text, 1 with a text of more than 100,000 characters, 1 with a label of more than 256 characters",
    ]);
  });

  test("lines that are no JSON objects", async () => {
    const { notes } = await load(
      `${ndjson}\n{"text": "cut sh\n[1]\n{"text":{"a":1},"label":"card"}`,
    );
    expect(notes).toEqual([
      "left out 3 of 203 rows of m.csv",
      "  line 201: no JSON object",
      "  line 202: no JSON object",
      "  line 203: no text",
    ]);
  });

  test("a quote that swallows lines and closes within a cell", async () => {
    const { notes } = await load(`${plain}\n"an inch,card\nother,"loan\nlast,card`);
    expect(notes[1]).toBe("  line 202: a quote that closes within a cell");
    expect((await load(`${plain}\n"it" is fine,card`)).notes).toEqual([]);
  });
});

describe("files that can't be used say why", () => {
  const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, "a"));
  const parquet = parquetOf(whole);
  test.each<[string, Uint8Array | string, string | RegExp]>([
    ["nothing", "", "m.csv is empty"],
    [
      "a header alone",
      "text,label\n",
      "m.csv has 0 usable messages: 100 are the least that a story can be told with",
    ],
    ["ten rows", csv(messages(10)), "m.csv has 10 usable messages: 100 are the least"],
    ["one row", csv(messages(1)), "m.csv has 1 usable message: 100"],
    ["one label", csv(messages(200, ["only"])), "m.csv has 1 label: there have to be two at least"],
    [
      "too many labels",
      csv(
        messages(
          3_000,
          messages(3_000).map(({ text }) => text),
        ),
      ),
      "2,550 labels, and 1,000 are the most",
    ],
    [
      "an open quote",
      `${plain}\n"never closed,card\nx,card`,
      "m.csv, line 202: a quote opens there and is never closed",
    ],
    [
      "an open quote in a later cell",
      `text,label\n"a\nb","open\nx,y`,
      "m.csv, line 3: a quote opens there",
    ],
    [
      "gzip cut short",
      gzipSync(plain).subarray(0, 400),
      /m\.csv \(gzip\) can't be unpacked: it is cut short or damaged/,
    ],
    [
      "Zstandard damaged",
      zstdCompressSync(plain).fill(7, 30, 60),
      /\(Zstandard\) can't be unpacked/,
    ],
    ["a gzip that unpacks to much more", bomb, /m\.csv has no column "text" and no column "label"/],
    ["gzip in gzip", gzipSync(gzipSync(plain)), "m.csv is packed twice"],
    [
      "a spreadsheet",
      Buffer.from("PK\u0003\u0004rest"),
      "m.csv is a spreadsheet or a zip archive: save it as CSV",
    ],
    ["a picture", Buffer.from("\u0089PNG\r\n", "latin1"), /--demo pictures --data FOLDER/],
    ["a list in JSON", `[{"text":"a","label":"b"}]`, "none of its lines is an object"],
    [
      "Parquet cut short",
      parquet.subarray(0, parquet.length - 200),
      /m\.csv can't be read as Parquet/,
    ],
    ["Parquet, its start alone", Buffer.from("PAR1"), /can't be read as Parquet: .*short/],
    ["Parquet with a lying footer", lying(parquet), /can't be read as Parquet/],
  ])("%s", async (_what, bytes, message) => {
    await expect(load(bytes)).rejects.toThrow(message);
  });

  function lying(bytes: Uint8Array): Uint8Array {
    const copy = bytes.slice();
    new DataView(copy.buffer).setUint32(copy.length - 8, 0x7fffffff, true);
    return copy;
  }
});

describe("columns that are not called text and label", () => {
  const topics = plain.replace("text,label", "Body,Topic");

  test("are proposed by their first rows", async () => {
    await expect(load(topics)).rejects.toMatchObject({
      message: 'm.csv has no column "text" and no column "label"; it has "Body", "Topic"',
      suggestion: { text: "Body", label: "Topic" },
    });
    const many = [
      "id,when,said,mood",
      ...whole.map(({ text, label }, i) => `${i},2026-01-${i},${text},${label}`),
    ];
    await expect(load(many.join("\n"))).rejects.toMatchObject({
      suggestion: { text: "said", label: "mood" },
    });
    await expect(load(topics, "m.csv", { text: "body" })).rejects.toMatchObject({
      message: 'm.csv has no column "label"; it has "Body", "Topic"',
      suggestion: { text: "Body", label: "Topic" },
    });
  });

  test("are taken where they are named, whatever the case", async () => {
    const { app } = await load(topics, "m.csv", { text: "BODY", label: " topic " });
    expect(app.traffic).toHaveLength(170);
  });

  test("nothing is proposed where nothing looks it, or both are one", async () => {
    await expect(load("a,b\n1,1\n2,1")).rejects.toMatchObject({ suggestion: undefined });
    await expect(load(plain, "m.csv", { label: "text" })).rejects.toThrow("can't be both");
  });
});

test("more than may be read is read up to the limit, and that is said", async () => {
  const long = `${csv(messages(300))}\n${"x".repeat(70 * 1024 * 1024)},card`;
  const { app, notes } = await load(gzipSync(long, { level: 1 }), "m.csv.gz");
  expect(notes).toEqual(["only the first 64 MiB of m.csv.gz are read: enough for a story"]);
  expect(app.traffic.length + app.exam.length).toBe(300);
});

describe("the exam", () => {
  test("is kept apart, and the same seed gives the same app", async () => {
    const { app } = await load(plain);
    expect([app.traffic.length, app.exam.length]).toEqual([170, 30]);
    const met = new Set(app.traffic.map(({ inputs }) => inputs["text"]));
    expect(app.exam.filter(({ inputs }) => met.has(inputs["text"]))).toEqual([]);
    expect((await load(plain)).app).toEqual(app);
  });

  test("may be a file of its own; labels that no user meets are left out of it", async () => {
    const { app, notes } = await loadMessages({
      data: { name: "m.csv", bytes: utf8(plain) },
      exam: { name: "e.csv", bytes: utf8("text,label\na,card\nb,new") },
      columns: {},
      seed: 1,
    });
    expect([app.traffic.length, app.exam.length]).toEqual([200, 1]);
    expect(notes).toEqual(["1 message of the exam has a label that no user meets: left out of it"]);
  });

  test("with every label once, nothing is left for it", async () => {
    const { app } = await load(
      csv(
        messages(
          150,
          Array.from({ length: 150 }, (_, i) => `l${i}`),
        ),
      ),
    );
    expect(app.exam).toEqual([]);
  });
});
