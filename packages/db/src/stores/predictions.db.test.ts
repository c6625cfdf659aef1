import { randomBytes, randomUUID } from "node:crypto";

import { uuid7Generator } from "@groundswell/contracts";
import { testEnv } from "@groundswell/local/testing";
import { afterAll, expect, test } from "vitest";

import { openDatabase, withProject } from "../database.ts";
import { findPrediction, insertPredictions, type LoggedPrediction } from "./predictions.ts";

const { databaseUrl } = await testEnv();
const request = openDatabase(databaseUrl, { role: "request" });
const worker = openDatabase(databaseUrl, { role: "worker" });
afterAll(() => Promise.all([request.close(), worker.close()]));

const newId = uuid7Generator(Date.now);
const prediction = (change: Partial<LoggedPrediction> = {}): LoggedPrediction => ({
  projectId: randomUUID(),
  predictionId: newId(),
  modelId: randomUUID(),
  version: 3,
  learnedThrough: 41,
  pinned: false,
  subjectId: null,
  input: randomBytes(100),
  output: {
    label: 'a "quoted", {braced} \\ label',
    probability: 0.75,
    classes: [{ label: "b", probability: 0.25 }],
  },
  latencyMs: 1.5,
  createdAt: new Date(),
  ...change,
});
const find = ({ projectId, predictionId }: LoggedPrediction) =>
  withProject(request, projectId, (tx) => findPrediction(tx, projectId, predictionId));

test("predictions of many projects are stored in one statement and found as they were", async () => {
  const rows = [
    prediction({ subjectId: randomUUID() }),
    prediction({ pinned: true }),
    prediction(),
  ];
  expect(await insertPredictions(worker, rows)).toEqual([true, true, true]);
  for (const row of rows) expect(await find(row)).toEqual(row);
});

test("an id that is taken stays what it was, and its neighbours are stored", async () => {
  const first = prediction();
  const again = { ...prediction(), projectId: first.projectId, predictionId: first.predictionId };
  const neighbour = prediction({ projectId: first.projectId });
  expect(await insertPredictions(worker, [first])).toEqual([true]);
  expect(await insertPredictions(worker, [again, neighbour])).toEqual([false, true]);
  expect(await find(first)).toEqual(first);
  expect(await find(neighbour)).toEqual(neighbour);
});

test("the same id twice in one group is stored once; in another project it is another prediction", async () => {
  const one = prediction();
  const elsewhere = { ...one, projectId: randomUUID() };
  expect(await insertPredictions(worker, [one, one, elsewhere])).toEqual([true, false, true]);
});
