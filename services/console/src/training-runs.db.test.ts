import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

import { CHANNELS, routes, type RunEvent } from "@groundswell/contracts";
import { addRunEvent, type Queries } from "@groundswell/db";
import { openDoor } from "@groundswell/local";
import { beforeEach, describe, expect, test } from "vitest";

import { DIGITS, newProject, testConsole, type TestProject } from "./testing.ts";

const HEARTBEAT_MS = 30;
const {
  ask: askAs,
  app,
  worker,
  maintenance,
  notified,
  enqueued,
} = await testConsole({
  runPollMs: 5,
  heartbeatMs: HEARTBEAT_MS,
});

let project: TestProject;
const ask = (method: "GET" | "POST" | "PUT", path: string, options = {}) =>
  askAs(method, `/api/v1/models/digits${path}`, { key: project.secret, ...options });
const start = async (body?: object): Promise<string> =>
  (await ask("POST", "/training-runs", { body })).body.id;

beforeEach(async () => {
  project = await newProject(maintenance);
  await ask("PUT", "", { body: DIGITS });
});

/** As a trainer writes it. */
async function write(runId: string, event: RunEvent): Promise<void> {
  await worker.transaction(async (tx: Queries) => {
    if (event.type === "status")
      await tx.query("update training_runs set status = $2 where run_id = $1", [
        runId,
        event.status,
      ]);
    await addRunEvent(tx, { projectId: project.projectId, runId, event, now: new Date() });
  });
}

const progress = (epoch: number): RunEvent => ({
  type: "progress",
  progress: {
    phase: "training",
    epoch,
    epochs: 20,
    loss: 0.5,
    validation_loss: null,
    validation_accuracy: null,
    elapsed_ms: 1,
    eta_ms: null,
  },
});

describe("training runs", () => {
  test("a run is queued, found, listed and handed to the trainers", async () => {
    const body = { config: { epochs: 3 }, seed: 7, note: "after the weekend" };
    const made = await ask("POST", "/training-runs", { body });
    expect(made).toMatchObject({
      status: 202,
      body: { status: "queued", model: "digits", config: { epochs: 3 }, seed: 7, progress: null },
    });
    const path = `/api/v1/models/digits/training-runs/${made.body.id}`;
    expect(made.headers["location"]).toBe(path);
    expect(enqueued.at(-1)).toEqual({ projectId: project.projectId, runId: made.body.id });
    expect((await askAs("GET", path, { key: project.secret })).body).toEqual(made.body);
    expect((await ask("GET", "/training-runs")).body.data).toEqual([made.body]);
  });

  test("a model has one run at a time, however many ask", async () => {
    const answers = await Promise.all([1, 2, 3].map(() => ask("POST", "/training-runs")));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409, 409]);
    const runId = answers.find(({ status }) => status === 202)?.body.id;
    expect(answers.find(({ status }) => status === 409)?.body.detail).toContain(runId);
    await write(runId, { type: "status", status: "failed" });
    expect((await ask("POST", "/training-runs")).status).toBe(202);
  });

  test("runs are listed newest first, a page at a time", async () => {
    const made: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      made.push(await start());
      await write(made[i] ?? "", { type: "status", status: "succeeded" });
    }
    const first = await ask("GET", "/training-runs?limit=2");
    const second = await ask("GET", `/training-runs?limit=2&cursor=${first.body.next_cursor}`);
    const listed = [...first.body.data, ...second.body.data].map(({ id }) => id);
    expect(listed).toEqual(made.toReversed());
    expect(second.body.next_cursor).toBeNull();
  });

  test.each([
    [{ config: { epochs: 0 } }, "/config/epochs"],
    [{ config: { epochs: "3" } }, "/config/epochs"],
    [{ seed: -1 }, "/seed"],
    [{ trigger: "whim" }, "/trigger"],
  ])("%j is refused by name", async (body, path) => {
    const { status, body: problem } = await ask("POST", "/training-runs", { body });
    expect(status).toBe(400);
    expect(problem.issues[0].path).toBe(path);
    expect((await ask("GET", "/training-runs")).body.data).toEqual([]);
  });

  test("a queued run is cancelled at once, a running one is asked to stop", async () => {
    const queued = await start();
    expect(await ask("POST", `/training-runs/${queued}/cancel`)).toMatchObject({
      status: 202,
      body: { status: "cancelled" },
    });
    expect(await ask("POST", `/training-runs/${queued}/cancel`)).toMatchObject({ status: 409 });

    const running = await start();
    await write(running, { type: "status", status: "running" });
    const asked = await ask("POST", `/training-runs/${running}/cancel`);
    expect(asked).toMatchObject({ status: 202, body: { status: "running" } });
    expect(notified.at(-1)).toEqual([CHANNELS.runs, running]);
    const [row] = await worker.query<{ cancel_requested: boolean }>(
      "select cancel_requested from training_runs where run_id = $1",
      [running],
    );
    expect(row?.cancel_requested).toBe(true);
  });

  test("a run of another model or project, or none, is not there", async () => {
    const runId = await start();
    await ask("PUT", "", { body: DIGITS });
    await askAs("PUT", "/api/v1/models/other", { key: project.secret, body: DIGITS });
    const other = await newProject(maintenance);
    await askAs("PUT", "/api/v1/models/digits", { key: other.secret, body: DIGITS });
    for (const [method, action] of [
      ["GET", ""],
      ["GET", "/events"],
      ["POST", "/cancel"],
    ] as const) {
      const paths: [string, string][] = [
        [`/api/v1/models/other/training-runs/${runId}${action}`, project.secret],
        [`/api/v1/models/digits/training-runs/${runId}${action}`, other.secret],
        [`/api/v1/models/digits/training-runs/17${action}`, project.secret],
      ];
      for (const [path, key] of paths)
        expect(await askAs(method, path, { key })).toMatchObject({
          status: 404,
          body: { code: "RUN_NOT_FOUND" },
        });
    }
  });
});

describe("GET …/training-runs/:run/events", () => {
  interface Seen {
    id: number;
    event: RunEvent;
  }

  /** Reads a stream over a real connection: `next` gives its events in order, undefined at the end. */
  async function watch(runId: string, lastEventId?: number, origin?: string) {
    const request = get(origin ?? (await listening()), {
      path: `/api/v1/models/digits/training-runs/${runId}/events`,
      headers: {
        authorization: `Bearer ${project.secret}`,
        ...(lastEventId !== undefined && { "last-event-id": String(lastEventId) }),
      },
    });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const frames = framesOf(response);
    let heartbeats = 0;
    const next = async (): Promise<Seen | undefined> => {
      for (;;) {
        const { value: frame, done } = await frames.next();
        if (done) return undefined;
        if (frame.startsWith(":")) heartbeats += 1;
        const [, id, data] = /^id: (\d+)\ndata: (.*)$/.exec(frame) ?? [];
        if (data !== undefined) return { id: Number(id), event: JSON.parse(data) as RunEvent };
      }
    };
    const rest = async () => {
      const seen: Seen[] = [];
      for (let one = await next(); one; one = await next()) seen.push(one);
      return seen;
    };
    return { response, next, rest, heartbeats: () => heartbeats, leave: () => request.destroy() };
  }

  async function listening(): Promise<string> {
    if (!app.server.listening) await app.listen({ port: 0, host: "127.0.0.1" });
    const { port } = app.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async function* framesOf(response: IncomingMessage): AsyncGenerator<string, undefined> {
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) {
      text += chunk as string;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        yield text.slice(0, end);
        text = text.slice(end + 2);
      }
    }
    return undefined;
  }

  test("tells a run as it happens, and ends with it", async () => {
    const runId = await start();
    const { response, next, rest } = await watch(runId);
    expect(response.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    expect(await next()).toEqual({ id: 1, event: { type: "status", status: "queued" } });
    await write(runId, { type: "status", status: "running" });
    expect(await next()).toMatchObject({ id: 2, event: { status: "running" } });
    await write(runId, progress(1));
    expect(await next()).toMatchObject({ id: 3, event: progress(1) });
    await write(runId, { type: "status", status: "succeeded" });
    expect(await rest()).toMatchObject([{ id: 4, event: { status: "succeeded" } }]);
  });

  test("goes on after Last-Event-ID, for those who come back and those who come late", async () => {
    const runId = await start();
    for (let epoch = 1; epoch <= 5; epoch += 1) await write(runId, progress(epoch));
    const back = await watch(runId, 4);
    expect((await back.next())?.id).toBe(5);
    await write(runId, { type: "status", status: "succeeded" });
    expect((await back.rest()).map(({ id }) => id)).toEqual([6, 7]);
    const late = await watch(runId);
    expect((await late.rest()).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await (await watch(runId, 7)).rest()).toEqual([]);
  });

  test("beats while nothing happens, and asks for ids that are ours", async () => {
    const runId = await start();
    const stream = await watch(runId);
    await stream.next();
    const ended = stream.rest();
    await expect.poll(stream.heartbeats, { timeout: 5_000 }).toBeGreaterThan(2);
    await write(runId, { type: "status", status: "failed" });
    expect(await ended).toHaveLength(1);
    const path = `/training-runs/${runId}/events`;
    const bad = await ask("GET", path, { headers: { "last-event-id": "yesterday" } });
    expect(bad).toMatchObject({ status: 400, body: { code: "BAD_REQUEST" } });
  });

  test("flows through the door, event by event", async () => {
    const door = await openDoor({
      routes,
      upstreams: {
        console: await listening(),
        ingest: "http://127.0.0.1:9",
        serve: "http://127.0.0.1:9",
      },
      otherwise: "console",
      host: "127.0.0.1",
      port: 0,
    });
    const runId = await start();
    const { next, rest } = await watch(runId, undefined, door.address);
    expect((await next())?.id).toBe(1);
    await write(runId, progress(1));
    expect((await next())?.id).toBe(2);
    await write(runId, { type: "status", status: "succeeded" });
    expect(await rest()).toHaveLength(1);
    await door.close();
  });

  test("many watchers, some of whom leave, all see everything", async () => {
    const runId = await start();
    const watchers = await Promise.all(Array.from({ length: 20 }, () => watch(runId)));
    await Promise.all(watchers.map(({ next }) => next()));
    for (const { leave } of watchers.slice(10)) leave();
    for (let epoch = 1; epoch <= 10; epoch += 1) await write(runId, progress(epoch));
    await write(runId, { type: "status", status: "cancelled" });
    for (const { rest } of watchers.slice(0, 10))
      expect((await rest()).map(({ id }) => id)).toEqual(
        Array.from({ length: 11 }, (_, i) => i + 2),
      );
  });
});
