import { parseArgs } from "node:util";

import {
  initialState,
  normal,
  openTrainer,
  randomStream,
  sgd,
  trainStep,
  valueOf,
} from "@groundswell/autograd";
import { tensor } from "@groundswell/onnx";

const HELP = `Times a training step of three equal convolutions, each with its Relu, as operators of
their own ("planes") and as products over rows of pixels ("rows").

  node bench/engine/conv-sizes.ts [--rounds 7] [--threads 2]

Both take turns; figures are medians, ms a step. "unfolded" is how many MB a picture takes
with what lies under the kernel beside every pixel.`;

/** A picture of size × size pixels. */
interface Size {
  readonly channels: number;
  readonly size: number;
  readonly kernel: number;
  readonly batch: number;
}

const SIZES: readonly Size[] = [
  { channels: 8, size: 28, kernel: 3, batch: 32 },
  { channels: 16, size: 28, kernel: 3, batch: 32 },
  { channels: 32, size: 14, kernel: 3, batch: 32 },
  { channels: 64, size: 7, kernel: 3, batch: 32 },
  { channels: 16, size: 64, kernel: 3, batch: 8 },
  { channels: 32, size: 56, kernel: 3, batch: 8 },
  { channels: 64, size: 28, kernel: 3, batch: 8 },
  { channels: 64, size: 56, kernel: 3, batch: 8 },
  { channels: 128, size: 28, kernel: 3, batch: 8 },
  { channels: 256, size: 14, kernel: 3, batch: 8 },
  { channels: 512, size: 7, kernel: 3, batch: 8 },
  { channels: 16, size: 112, kernel: 3, batch: 4 },
  { channels: 32, size: 28, kernel: 5, batch: 8 },
  { channels: 32, size: 28, kernel: 7, batch: 8 },
  { channels: 64, size: 28, kernel: 1, batch: 8 },
  { channels: 256, size: 14, kernel: 1, batch: 8 },
];

const { values: options } = parseArgs({
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

const LAYERS = 3;

function stepOf({ channels, size, kernel }: Size, layout: "as written" | "rows") {
  const pad = kernel >> 1;
  const deviation = Math.sqrt(2 / (channels * kernel * kernel));
  return trainStep({
    layout,
    parameters: Array.from({ length: LAYERS }, (_, i) => ({
      name: `w${i}`,
      shape: [channels, channels, kernel, kernel],
      initial: normal(deviation),
    })),
    batch: [{ name: "x", dtype: "float32", shape: ["N", channels, size, size] }],
    build(g, p, inputs) {
      let x = valueOf(inputs, "x");
      for (let i = 0; i < LAYERS; i++)
        x = g.relu(g.conv(x, valueOf(p, `w${i}`), null, { pads: [pad, pad, pad, pad] }));
      return { loss: g.reduceMean(g.square(g.globalAveragePool(x))) };
    },
    optimiser: sgd(),
  });
}

function timed(size: Size): Record<"planes" | "rows", number> {
  const { batch, channels, size: side } = size;
  const stream = randomStream(1);
  const dims = [batch, channels, side, side];
  const length = batch * channels * side * side;
  const x = tensor(
    "float32",
    dims,
    Float32Array.from({ length }, (_, k) => stream.normal(k)),
  );
  const contenders = (["as written", "rows"] as const).map((layout) => {
    const step = stepOf(size, layout);
    const trainer = openTrainer(step, initialState(step, 1), {
      mode: "one",
      threads: Number(options.threads),
    });
    trainer.step({ x }, 1e-3);
    return { trainer, taken: [] as number[] };
  });
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const { trainer, taken } of contenders) {
      const before = performance.now();
      trainer.step({ x }, 1e-3);
      taken.push(performance.now() - before);
    }
  }
  for (const { trainer } of contenders) trainer.close();
  const [planes, rows] = contenders.map(
    ({ taken }) => taken.toSorted((a, b) => a - b)[taken.length >> 1] ?? Number.NaN,
  );
  return { planes: planes ?? Number.NaN, rows: rows ?? Number.NaN };
}

const column = (text: string): string => text.padStart(10);
console.log(
  "channels × size, kernel, batch".padEnd(32) +
    ["unfolded", "planes", "rows", "rows ÷"].map(column).join(""),
);
for (const size of SIZES) {
  const { planes, rows } = timed(size);
  const { channels, size: side, kernel, batch } = size;
  const unfolded = (4 * side * side * kernel * kernel * channels) / 1e6;
  const figures = [unfolded, planes, rows, rows / planes].map((value) => column(value.toFixed(2)));
  console.log(
    `${channels} × ${side}², ${kernel}×${kernel}, ${batch}`.padEnd(32) + figures.join(""),
  );
}
