import { rmSync } from "node:fs";
import { parseArgs } from "node:util";

import { trainStep } from "@groundswell/autograd";
import type { Tensor } from "@groundswell/onnx";

import { median } from "../quantiles.ts";
import { readBanking77, shuffled } from "../text/banking77.ts";
import { type Contender, openContender, type Round } from "./contender.ts";
import { writeCase } from "./exchange.ts";
import { encoder } from "./networks/transformer.ts";
import { byLength, inTurn, longest, tensorsOf, type Text, textsOf } from "./text-batches.ts";

const HELP = `Times passes over real text (Banking77), a Transformer encoder of the MiniLM shape.

  PYTHON=… pnpm bench:real-text [--layers 6] [--share 8] [--pad 128] [--rounds 3] [--threads 2]

Ours, and PyTorch, with texts of nearly the same length in a batch, none filled up beyond the
longest of its batch; and PyTorch with every text filled up to --pad words. Adam changes all words
each step; "sparse" ways change those of the batch alone. A pass goes over one of --share messages. Contenders take turns; figures are medians of the rounds. PYTHON names a
Python with torch and numpy; without it there is no peer.`;

const { values: options } = parseArgs({
  options: {
    layers: { type: "string", default: "6" },
    share: { type: "string", default: "8" },
    pad: { type: "string", default: "128" },
    rounds: { type: "string", default: "3" },
    threads: { type: "string", default: "2" },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const [layers, share, pad, rounds, threads] = (
  ["layers", "share", "pad", "rounds", "threads"] as const
).map((name) => Number(options[name])) as [number, number, number, number, number];

const BATCH = 16;
const SEED = 1;
const MINILM = { kind: "encoder", vocabulary: 30_522, width: 384, heads: 12, inner: 1536 } as const;
const OURS = { dense: "ours, by length", touched: "ours, by length, sparse" } as const;
const SHORT = "PyTorch, by length";
const PADDED = `PyTorch, ${pad} words`;
const SPARSE = "sparse";

interface Way {
  readonly name: string;
  readonly batches: number;
  readonly command: string;
  readonly args: readonly string[];
}

/** Batches in a folder, and those who train on them. */
function waysOf(
  texts: readonly Text[],
  classes: number,
): { readonly ways: readonly Way[]; readonly folders: readonly string[] } {
  const network = { ...MINILM, layers, length: pad, batch: BATCH, classes, optimiser: "adam" };
  const step = trainStep(encoder(network).step);
  const engineCase = { network, training: () => encoder(network), learningRate: 1e-4 };
  const written = (batches: readonly Record<string, Tensor>[]): string =>
    writeCase(engineCase, step, batches);
  const sorted = byLength(texts, BATCH, SEED);
  const batches = sorted.length;
  const short = written(sorted.map((each) => tensorsOf(each, { length: longest(each), classes })));
  const ours = Object.entries(OURS).map(([variant, name]): Way => ({
    name,
    batches,
    command: process.execPath,
    args: [`${import.meta.dirname}/ours-in-folder.ts`, short, variant, String(threads)],
  }));
  const python = process.env["PYTHON"];
  if (python === undefined) return { ways: ours, folders: [short] };
  const filled = written(
    inTurn(texts, BATCH).map((each) => tensorsOf(each, { length: pad, classes })),
  );
  const peer = (name: string, folder: string, variant: string): Way => ({
    name: `${name}, ${variant}`,
    batches,
    command: python,
    args: [`${import.meta.dirname}/peer.py`, "speed", folder, variant, String(threads)],
  });
  const peers = [
    ...["default", "fused", "sdpa", "sparse"].map((variant) => peer(SHORT, short, variant)),
    ...["fused", "sdpa"].map((variant) => peer(PADDED, filled, variant)),
  ];
  return { ways: [...ours, ...peers], folders: [short, filled] };
}

async function compare(texts: readonly Text[], classes: number): Promise<void> {
  const { ways, folders } = waysOf(texts, classes);
  const open: { way: Way; contender: Contender; taken: Round[] }[] = [];
  for (const way of ways) {
    const contender = await openContender(way.name, way.command, way.args);
    open.push({ way, contender, taken: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { way, contender, taken } of open) taken.push(await contender.round(way.batches));
  }
  const rows = open.map(({ way, contender, taken }) => ({
    name: way.name,
    wall: (median(taken.map(({ wallMs }) => wallMs)) * way.batches) / 1000,
    cpu: (median(taken.map(({ cpuMs }) => cpuMs)) * way.batches) / 1000,
    peak: contender.peakMb(),
    loss: taken[0]?.loss ?? Number.NaN,
  }));
  print(rows);
  for (const { contender } of open) await contender.close();
  for (const folder of folders) rmSync(folder, { recursive: true });
}

interface Row {
  readonly name: string;
  readonly wall: number;
  readonly cpu: number;
  readonly peak: number;
  /** Mean of the first pass. */
  readonly loss: number;
}

function print(rows: readonly Row[]): void {
  const columns = ["wall s", "CPU s", "peak MB", "loss"].map((title) => title.padStart(10));
  console.log(`  ${"".padEnd(30)}${columns.join("")}`);
  for (const { name, wall, cpu, peak, loss } of rows) {
    const figures = [wall.toFixed(2), cpu.toFixed(2), peak.toFixed(0), loss.toFixed(4)];
    console.log(`  ${name.padEnd(30)}${figures.map((figure) => figure.padStart(10)).join("")}`);
  }
  if (rows.length > Object.keys(OURS).length) compareWith(rows);
}

/** Sparse ways against sparse ones: they leave words alone that a batch doesn't have. */
function compareWith(rows: readonly Row[]): void {
  const best = (of: string, sparse: boolean, kind: "wall" | "cpu"): number =>
    Math.min(
      ...rows
        .filter(({ name }) => name.startsWith(of) && name.endsWith(SPARSE) === sparse)
        .map((row) => row[kind]),
    );
  const ratio = (title: string, peer: string, sparse: boolean): void => {
    const [wall, cpu] = (["wall", "cpu"] as const).map((kind) =>
      (best("ours", sparse, kind) / best(peer, sparse, kind)).toFixed(2),
    );
    console.log(`  ${title.padEnd(50)} wall ${wall}  CPU ${cpu}`);
  };
  ratio(`ours ÷ best of ${SHORT}`, SHORT, false);
  ratio(`ours, sparse ÷ ${SHORT}, sparse`, SHORT, true);
  ratio(`ours ÷ best of ${PADDED}`, PADDED, false);
}

const data = readBanking77();
if (data !== undefined) {
  const messages = shuffled(data.train, SEED).filter((_, at) => at % share === 0);
  const texts = textsOf(messages, data.classes, { vocabulary: MINILM.vocabulary, length: pad });
  const words = texts.reduce((sum, { ids }) => sum + ids.length, 0);
  console.log(
    `A pass over ${texts.length} messages of Banking77, ${(words / texts.length).toFixed(1)} words each ` +
      `(longest ${longest(texts)}); ${layers} layers, batch ${BATCH}, ${threads} threads, ${rounds} rounds`,
  );
  await compare(texts, data.classes.length);
}
