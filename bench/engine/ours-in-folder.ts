// Ours as a contender on the batches of a folder, as peer.py is, for an encoder:
//
//   ours-in-folder.ts <folder> dense|touched <threads>
//
// "touched" keeps the table of words outside the graph and updates the rows that a batch has.
// A round's steps go through the batches in turn.

import { openTrainer, trainStep } from "@groundswell/autograd";
import type { Tensor } from "@groundswell/onnx";

import { serveRounds } from "./contender.ts";
import { firstState, readCase, SEED } from "./exchange.ts";
import { encoder, type TransformerNetwork } from "./networks/transformer.ts";
import { openWordTable } from "./word-table.ts";

const [folder = "", variant = "dense", threads = "1"] = process.argv.slice(2);
const { network, learningRate, batches } = readCase<TransformerNetwork>(folder);
const wordsOutside = variant === "touched";
const step = trainStep(encoder({ ...network, wordsOutside }).step);
const trainer = openTrainer(step, firstState(step), { mode: "one", threads: Number(threads) });
const table = wordsOutside
  ? openWordTable(step, "words", { words: network.vocabulary, seed: SEED })
  : undefined;

function train(batch: Readonly<Record<string, Tensor>>): number {
  const given = batch["ids"];
  if (table === undefined || given === undefined) return trainer.step(batch, learningRate);
  const { ids, rows } = table.touch(given);
  const loss = trainer.step({ ...batch, ids }, learningRate, { words: rows });
  table.keep(rows);
  return loss;
}

function run(steps: number): number {
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    const batch = batches[i % batches.length];
    if (batch !== undefined) sum += train(batch);
  }
  return sum / steps;
}

run(3);
await serveRounds(run);
trainer.close();
