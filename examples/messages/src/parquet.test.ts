import { seededRandom } from "@groundswell/crowd";
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, test } from "vitest";

import { readParquet } from "./parquet.ts";

test("whatever bytes of a file are changed, an answer comes: rows, or why not", async () => {
  const random = seededRandom(3);
  const labels = Array.from({ length: 120 }, (_, i) => `label ${i % 3}`);
  const whole = parquetWriteBuffer({
    columnData: [{ name: "label", data: labels, type: "STRING" }],
  });
  for (let turn = 0; turn < 12; turn++) {
    const bytes = new Uint8Array(whole.slice());
    for (let i = 0; i < 3; i++)
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    const answer = await readParquet(bytes, "m.parquet", 1_000).then(
      ({ columns }) => columns.join(),
      (error: Error) => error.message,
    );
    expect(answer).toMatch(/^[^:]*$|^m\.parquet can't be read as Parquet: /);
  }
});

test("one that states a size for ever is given up", async () => {
  await expect(readParquet(new Uint8Array(64), "m.parquet", 0)).rejects.toThrow(
    "took longer than 0 s",
  );
});
