import { expect, test } from "vitest";

import { table } from "./table.ts";
import { createTerminal } from "./terminal.ts";
import { duration, percent, sparkline } from "./wording.ts";

test("figures are told in few characters", () => {
  expect([duration(840), duration(12_345), duration(125_000)]).toEqual([
    "840 ms",
    "12.3 s",
    "2 min 5 s",
  ]);
  expect(percent(0.93149)).toBe("93.1 %");
  expect(sparkline([4, 3, 2, 1, 1])).toBe("█▆▃▁▁");
  expect(sparkline([2])).toBe("▁");
});

test("numbers of a table stand at the right, words at the left", () => {
  expect(
    table([
      ["model", "accuracy"],
      ["empty", "9.8 %"],
      ["after online learning", "93.1 %"],
    ]),
  ).toEqual([
    "  model                   accuracy",
    "  empty                      9.8 %",
    "  after online learning     93.1 %",
  ]);
});

function record(isTTY: boolean) {
  const written: string[] = [];
  let now = 0;
  const output = { isTTY, columns: 20, write: (text: string) => written.push(text) };
  return {
    written,
    terminal: createTerminal(output, () => now),
    after: (ms: number) => (now += ms),
  };
}

test("on a terminal progress is one line, drawn anew and cleared for what comes after it", () => {
  const { written, terminal, after } = record(true);
  terminal.progress(() => "a");
  after(900);
  terminal.progress(() => "too soon");
  after(100);
  terminal.progress(() => "b".repeat(30));
  terminal.line("done");
  const clear = "\r\u001b[2K";
  expect(written).toEqual([`${clear}a`, `${clear}${"b".repeat(18)}…`, clear, "done\n"]);
});

test("elsewhere it is a whole line every few seconds", () => {
  const { written, terminal, after } = record(false);
  terminal.progress(() => "a");
  after(4_000);
  terminal.progress(() => "b");
  after(2_000);
  terminal.progress(() => "c".repeat(30));
  expect(written).toEqual(["a\n", `${"c".repeat(30)}\n`]);
});
