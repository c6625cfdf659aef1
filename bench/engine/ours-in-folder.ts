// Ours as a contender on the batches of a folder, as peer.py is: `ours-in-folder.ts <folder>
// <threads>`, for an encoder. A round's steps go through the batches in turn.

import { openTrainer, trainStep } from "@groundswell/autograd";

import { serveRounds } from "./contender.ts";
import { firstState, readCase } from "./exchange.ts";
import { encoder, type TransformerNetwork } from "./networks/transformer.ts";

const [folder = "", threads = "1"] = process.argv.slice(2);
const { network, learningRate, batches } = readCase(folder);
const step = trainStep(encoder(network as unknown as TransformerNetwork).step);
const trainer = openTrainer(step, firstState(step), { mode: "one", threads: Number(threads) });
const run = (steps: number): number => {
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    const batch = batches[i % batches.length];
    if (batch !== undefined) sum += trainer.step(batch, learningRate);
  }
  return sum / steps;
};
run(3);
await serveRounds(run);
trainer.close();
