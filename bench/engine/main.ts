import { rmSync } from "node:fs";
import { parseArgs } from "node:util";

import { trainStep } from "@groundswell/autograd";

import { CASES, type EngineCase } from "./cases.ts";
import { openContender, type Contender, type Round } from "./contender.ts";
import { writeCase } from "./exchange.ts";
import { floorMs } from "./gemm-floor.ts";

const HELP = `Times training steps beside PyTorch (and TensorFlow.js), same models, same threads.

  pnpm bench:engine [case…] [--rounds 7] [--threads 2]

Cases: ${Object.keys(CASES).join(", ")} (default: all)

Contenders take turns, round by round; figures are medians of the rounds, per step, wall
and CPU time. "best" is the fastest of PyTorch's variants. "floor" is what the runtime
takes for the matrix products of a step alone, measured in the same run.

PYTHON names a Python with torch; without it the peers are left out. TFJS names a folder
into which \`npm install @tensorflow/tfjs @tensorflow/tfjs-backend-wasm\` was run.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "7" },
    threads: { type: "string", default: "2" },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}

const rounds = Number(options.rounds);
const threads = Number(options.threads);
const wanted = positionals.length > 0 ? positionals : Object.keys(CASES);
async function runCase(name: string, engineCase: EngineCase): Promise<void> {
  const here = import.meta.dirname;
  const caseThreads = Math.min(threads, engineCase.maxThreads ?? threads);
  const ours = engineCase.modes.map((mode) => ({
    name: `ours, ${mode}`,
    command: process.execPath,
    args: [`${here}/ours.ts`, name, mode, String(caseThreads)],
  }));
  const python = process.env["PYTHON"];
  const training = engineCase.training();
  const batches = [1, 2, 3, 4].map((seed) => training.batch(seed));
  const folder = writeCase(engineCase, trainStep(training.step), batches);
  const peers = (python === undefined ? [] : engineCase.peers).map((variant) => ({
    name: `PyTorch, ${variant}`,
    command: python ?? "",
    args: [`${here}/peer.py`, "speed", folder, variant, String(caseThreads)],
  }));
  const tfjs =
    engineCase.tfjs && process.env["TFJS"] !== undefined
      ? [
          {
            name: "TensorFlow.js, wasm",
            command: process.execPath,
            args: [`${here}/tfjs.mjs`, name],
          },
        ]
      : [];

  const contenders: Contender[] = [];
  for (const { name: title, command, args } of [...ours, ...peers, ...tfjs]) {
    try {
      contenders.push(await openContender(title, command, args));
    } catch (cause) {
      console.log(
        `${title} did not start: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
    }
  }
  const results = new Map(contenders.map((contender) => [contender, [] as Round[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [contender, taken] of results) {
      const share = contender.name.startsWith("TensorFlow") ? 10 : 1;
      taken.push(await contender.round(Math.max(1, Math.round(engineCase.stepsPerRound / share))));
    }
  }
  const floor = floorMs(engineCase.products, caseThreads);
  print(`${engineCase.title}, ${caseThreads} thread${caseThreads > 1 ? "s" : ""}`, results, floor);
  for (const contender of contenders) await contender.close();
  rmSync(folder, { recursive: true });
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

function print(title: string, results: Map<Contender, Round[]>, floor: number): void {
  const rows = [...results].map(([contender, taken]) => ({
    name: contender.name,
    wall: median(taken.map(({ wallMs }) => wallMs)),
    cpu: median(taken.map(({ cpuMs }) => cpuMs)),
    peak: contender.peakMb(),
  }));
  const best = (of: string): number =>
    Math.min(...rows.filter((row) => row.name.startsWith(of)).map(({ wall }) => wall));
  console.log(`\n${title} (${rounds} rounds)`);
  console.log(
    `  ${"".padEnd(24)}${"wall ms".padStart(10)}${"CPU ms".padStart(10)}${"peak MB".padStart(10)}`,
  );
  for (const { name, wall, cpu, peak } of rows) {
    console.log(`  ${name.padEnd(24)}${figure(wall)}${figure(cpu)}${figure(peak)}`);
  }
  console.log(`  ${"floor: products alone".padEnd(24)}${figure(floor)}`);
  const [us, torch, tfjs] = ["ours", "PyTorch", "TensorFlow"].map(best);
  const torchDefault = rows.find(({ name }) => name === "PyTorch, default")?.wall;
  if (us === undefined) return;
  if (torchDefault !== undefined)
    console.log(`  ours ÷ PyTorch default  ${(us / torchDefault).toFixed(2)}`);
  if (torch !== undefined && Number.isFinite(torch))
    console.log(`  ours ÷ PyTorch best     ${(us / torch).toFixed(2)}`);
  if (tfjs !== undefined && Number.isFinite(tfjs))
    console.log(`  ours ÷ TensorFlow.js    ${(us / tfjs).toFixed(3)}`);
}

const figure = (value: number): string =>
  (value < 1 ? value.toFixed(4) : value < 100 ? value.toFixed(2) : value.toFixed(0)).padStart(10);

for (const name of wanted) {
  const engineCase = CASES[name];
  if (engineCase === undefined)
    throw new RangeError(`No case "${name}": there are ${Object.keys(CASES).join(", ")}`);
  await runCase(name, engineCase);
}
