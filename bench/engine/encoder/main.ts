import { parseArgs } from "node:util";

import { type Message, readBanking77, shuffled } from "../../text/banking77.ts";
import type { Example } from "./batches.ts";
import { accuracyOf, learn, type Learning } from "./learn.ts";
import { piecesOf } from "./pieces.ts";

const HELP = `Trains a Transformer encoder from nothing on Banking77 (10,003 messages of bank customers to learn
from, 3,080 to be tested on, 77 intents) and says how many intents it gets right.

  pnpm bench:encoder-accuracy [--seed 1] [--threads 2] [--epochs 30]
  pnpm bench:encoder-accuracy --held    judged on 2,000 messages of the training split instead,
                                        after each epoch: to choose settings by`;

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    threads: { type: "string", default: "2" },
    epochs: { type: "string", default: "30" },
    held: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const LONGEST = 64;
const HELD = 2_000;

const learningFor = (classes: number): Learning => ({
  network: {
    width: 128,
    heads: 4,
    layers: 2,
    inner: 256,
    longest: LONGEST,
    classes,
    drop: { layers: 0.15, head: 0.4 },
  },
  epochs: Number(options.epochs),
  batch: 32,
  learningRate: 2e-3,
  weightDecay: 0.01,
  smoothing: 0.1,
  noise: { words: 0.1, pieces: 0.35 },
  threads: Number(options.threads),
  seed: Number(options.seed),
});

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

function main(): void {
  const data = readBanking77();
  if (data === undefined) return;
  const { train, test, classes } = data;
  const exampleOf = ({ text, label }: Message): Example => ({
    words: piecesOf(text, LONGEST),
    label: classes.indexOf(label),
  });
  const learning = learningFor(classes.length);
  const messages = shuffled(train, learning.seed).map(exampleOf);
  const began = performance.now();
  const seconds = (): string => ((performance.now() - began) / 1000).toFixed(0);
  if (options.held) {
    const [held, others] = [messages.slice(0, HELD), messages.slice(HELD)];
    learn(others, learning, (epoch, encoder) => {
      const share = accuracyOf(encoder, held);
      console.log(`epoch ${epoch + 1}: ${percent(share)} of ${HELD} (${seconds()} s)`);
    });
    return;
  }
  const encoder = learn(messages, learning);
  const right = accuracyOf(encoder, test.map(exampleOf));
  console.log(`Banking77: ${percent(right)} of ${test.length} (${seconds()} s)`);
}

if (options.help) console.log(HELP);
else main();
