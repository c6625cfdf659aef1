import { expect, test } from "vitest";

import { readJson } from "./read-json.ts";

const read = (...parts: (string | number[])[]) =>
  readJson(Buffer.concat(parts.map((part) => Buffer.from(part as string))));

test("what is UTF-8 is taken, with a byte order mark or without", () => {
  expect(read('{"a": "café 中文 😀"}')).toEqual({ a: "café 中文 😀" });
  expect(read([0xef, 0xbb, 0xbf], '{"a": 1}')).toEqual({ a: 1 });
});

test.each<[string, (string | number[])[], string]>([
  ["Latin-1", ['{"a": "caf', [0xe9], '"}'], "byte 10 (0xe9)"],
  ["a letter that was cut", ['"', [0xf0, 0x9f, 0x98]], "byte 1 (0xf0)"],
  ["an overlong form", [[0xc0, 0x80]], "byte 0 (0xc0)"],
  ["half of a surrogate pair", ['"é', [0xed, 0xa0, 0x80], '"'], "byte 3 (0xed)"],
  ["UTF-16", [[0xff, 0xfe, 0x7b, 0x00]], "byte 0 (0xff)"],
  ["U+FFFD before the fault", ['"\ufffd', [0xff], '"'], "byte 4 (0xff)"],
])("%s is refused at its byte", (_what, parts, where) => {
  expect(() => read(...parts)).toThrow(where);
});

test("nothing, no JSON and a tower of brackets are refused", () => {
  expect(() => read("")).toThrow("empty");
  expect(() => read([0xef, 0xbb, 0xbf], " \n")).toThrow("empty");
  expect(() => read("{")).toThrow("JSON");
  const tower = `${"[".repeat(200_000)}12345678901234567890${"]".repeat(200_000)}`;
  expect(() => read(tower)).toThrow("nested too deeply");
});
