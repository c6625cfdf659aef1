/**
 * A prediction server without everything around it: fastify, 784 numbers as JSON, the model in a
 * thread, a batch for each turn of the event loop. No key, no picture, nothing stored.
 */
import { Worker } from "node:worker_threads";

import { turnBatch } from "@groundswell/models";
import fastify from "fastify";

const thread = new Worker(new URL("./numbers-thread.ts", import.meta.url));
const waiting: ((answers: Float32Array) => void)[] = [];
thread.on("message", (answers: Float32Array) => waiting.shift()?.(answers));

const predict = turnBatch(
  async (rows: number[][]) => {
    const pixels = Uint8Array.from(rows.flat());
    const { promise, resolve } = Promise.withResolvers<Float32Array>();
    waiting.push(resolve);
    thread.postMessage(pixels, [pixels.buffer]);
    const answers = await promise;
    const classes = answers.length / rows.length;
    return rows.map((_, i) => answers.subarray(i * classes, (i + 1) * classes));
  },
  { most: 64, inFlight: 2 },
);

const app = fastify();
app.post<{ Body: { data: number[] } }>("/numbers", async ({ body }) => {
  const probabilities = await predict(body.data);
  const label = probabilities.indexOf(Math.max(...probabilities));
  return { label, probability: probabilities[label] };
});
process.send?.({ ready: await app.listen({ host: "127.0.0.1", port: 0 }) });
