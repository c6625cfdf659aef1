/**
 * Banking77 (10,003 messages of bank customers to learn from, 3,080 to be tested on, 77
 * intents): our text classifier online and in batches, beside scikit-learn and Vowpal Wabbit on
 * the same messages in the same order.
 *
 *     pnpm bench:text            the table
 *     pnpm bench:text --choose   the settings that were tried, on a part of the training split
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { type Banking77, readBanking77, shuffled } from "./banking77.ts";
import { choose } from "./choose.ts";
import { learnInBatches, learnOnline, MARKS } from "./ours.ts";

const SEEDS = [1, 2, 3];

const data = readBanking77();
if (data) {
  if (process.argv.includes("--choose")) choose(data);
  else compare(data);
}

function compare({ train, test, classes }: Banking77): void {
  console.log(
    `${train.length} messages to learn from, ${test.length} to be tested on; ours with ${SEEDS.length} seeds`,
  );
  console.log(
    `progressive = right of the first ${MARKS.join(" / ")}, each predicted before its label was seen\n`,
  );
  const tests = { online: [] as number[], batch: [] as number[], last: [] as number[] };
  for (const seed of SEEDS) {
    const task = { classes, train: shuffled(train, seed), held: test, seed };
    const online = learnOnline(task);
    const batch = learnInBatches(task);
    tests.online.push(online.held);
    tests.last.push(online.progressive.at(-1) ?? Number.NaN);
    tests.batch.push(batch.held);
    console.log(
      `ours, seed ${seed}: progressive ${online.progressive.map((p) => p.toFixed(1)).join(" / ")}, ` +
        `test online ${online.held.toFixed(2)} % (${online.seconds.toFixed(1)} s), ` +
        `test batch ${batch.held.toFixed(2)} % (${batch.seconds.toFixed(1)} s)`,
    );
  }
  console.log(
    `ours, mean: progressive ${mean(tests.last)} %, test online ${mean(tests.online)} %, test batch ${mean(tests.batch)} %\n`,
  );
  runPeers({ train: shuffled(train, SEEDS[0] ?? 1), test, classes });
}

function mean(values: readonly number[]): string {
  return (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(2);
}

function runPeers(task: Banking77): void {
  const python = process.env["PYTHON"] ?? "python3";
  const has = spawnSync(python, ["-c", "import sklearn, vowpalwabbit"]);
  if (has.status !== 0) {
    console.log(
      `Peers skipped: ${python} has no scikit-learn and vowpalwabbit. To have them:\n` +
        "  python3 -m venv peers && peers/bin/pip install scikit-learn vowpalwabbit\n" +
        "  PYTHON=peers/bin/python pnpm bench:text",
    );
    return;
  }
  const ran = spawnSync(python, [join(import.meta.dirname, "peers.py")], {
    input: JSON.stringify({ ...task, marks: MARKS }),
    stdio: ["pipe", "inherit", "inherit"],
  });
  if (ran.status !== 0) process.exitCode = 1;
}
