import { once } from "node:events";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { gunzipSync, gzipSync } from "node:zlib";

import { routes as publicRoutes } from "@groundswell/contracts";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, expect, test } from "vitest";

import { type Door, openDoor } from "./door.ts";

const routes = [
  { method: "POST", path: "/v1/batch", service: "ingest" },
  { method: "POST", path: "/api/v1/subjects/:subject/consents", service: "ingest" },
  { method: "GET", path: "/api/v1/subjects/:subject/consents", service: "console" },
  { method: "POST", path: "/api/v1/models/:model/predictions", service: "serve" },
];

const opened: { close: () => Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});

/** A service that answers what it was asked, with its name. */
function echo(service: string): FastifyInstance {
  const app = fastify({ bodyLimit: 100 * 2 ** 20, forceCloseConnections: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.all("/*", async ({ method, url, headers, body }) => ({
    service,
    method,
    url,
    headers,
    bytes: Buffer.isBuffer(body) ? body.toString("base64") : null,
  }));
  return app;
}

interface Echo {
  service: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  bytes: string | null;
}

async function listen(app: FastifyInstance, port = 0): Promise<string> {
  opened.push(app);
  return app.listen({ host: "127.0.0.1", port });
}

async function doorTo(upstreams: Record<string, string>): Promise<Door> {
  const all = { ingest: "http://127.0.0.1:1", serve: "http://127.0.0.1:1", ...upstreams };
  const door = await openDoor({
    routes,
    upstreams: { console: "http://127.0.0.1:1", ...all },
    host: "127.0.0.1",
    port: 0,
    closeWithinMs: 100,
  });
  opened.push(door);
  return door;
}

async function ask(url: string, init?: RequestInit): Promise<Echo> {
  return (await (await fetch(url, init)).json()) as Echo;
}

test("each route leads to its service, everything else to the console", async () => {
  const door = await doorTo({
    ingest: await listen(echo("ingest")),
    serve: await listen(echo("serve")),
    console: await listen(echo("console")),
  });
  const led = async (method: string, path: string, headers = {}) =>
    (await ask(door.address + path, { method, headers })).service;
  expect(await led("POST", "/v1/batch")).toBe("ingest");
  expect(await led("POST", "/api/v1/models/digits/predictions?x=1")).toBe("serve");
  expect(await led("POST", "/api/v1/subjects/u%2F1/consents")).toBe("ingest");
  expect(await led("GET", "/api/v1/subjects/u%2F1/consents")).toBe("console");
  expect(await led("GET", "/")).toBe("console");
  expect(await led("DELETE", "/v1/batch")).toBe("console");
  const preflight = { "access-control-request-method": "POST" };
  expect(await led("OPTIONS", "/v1/batch", preflight)).toBe("ingest");
  expect(await led("OPTIONS", "/elsewhere", preflight)).toBe("console");
});

test("the route table of the contracts has an address for every service", async () => {
  const console = await listen(echo("console"));
  const upstreams = { ingest: console, serve: console, console };
  const whole = { routes: publicRoutes, upstreams };
  opened.push(await openDoor({ ...whole, host: "127.0.0.1", port: 0 }));
  const missing = { ...whole, upstreams: { console } };
  await expect(openDoor({ ...missing, host: "127.0.0.1", port: 0 })).rejects.toThrow(
    "no address of ingest",
  );
});

test("a request arrives as it was sent, with who sent it", async () => {
  const door = await doorTo({ ingest: await listen(echo("ingest")) });
  const body = gzipSync(JSON.stringify({ batch: [{ messageId: "m-1" }] }));
  const got = await ask(`${door.address}/v1/batch?writeKey=gs%2Fwk`, {
    method: "POST",
    body,
    headers: {
      "content-encoding": "gzip",
      "content-type": "application/json",
      authorization: "Basic abc",
      "x-forwarded-for": "203.0.113.9",
    },
  });
  expect(got.url).toBe("/v1/batch?writeKey=gs%2Fwk");
  expect(gunzipSync(Buffer.from(got.bytes ?? "", "base64")).toString()).toContain("m-1");
  expect(got.headers).toMatchObject({
    "content-encoding": "gzip",
    "content-type": "application/json",
    authorization: "Basic abc",
    "x-forwarded-for": "203.0.113.9, 127.0.0.1",
    "x-forwarded-host": new URL(door.address).host,
    "x-forwarded-proto": "http",
  });
});

test("a large upload passes, announced or in chunks", async () => {
  const door = await doorTo({ ingest: await listen(echo("ingest")) });
  const body = Buffer.alloc(20 * 2 ** 20, "x");
  const send = async (headers: Record<string, string | number>) => {
    const request = httpRequest(`${door.address}/v1/batch`, { method: "POST", headers });
    const response = once(request, "response");
    // curl asks before it sends more than a megabyte.
    if (headers["expect"]) await once(request, "continue");
    request.end(body);
    const [answer] = (await response) as [IncomingMessage];
    const echoed = JSON.parse(await text(answer)) as Echo;
    return Buffer.from(echoed.bytes ?? "", "base64").length;
  };
  expect(await send({ "content-length": body.length, expect: "100-continue" })).toBe(body.length);
  expect(await send({ "transfer-encoding": "chunked" })).toBe(body.length);
});

test("an event stream flows as it comes, and its end is noticed at both ends", async () => {
  const upstream = fastify({ forceCloseConnections: true });
  const left = Promise.withResolvers<void>();
  const next = Promise.withResolvers<void>();
  upstream.get("/events", (request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": "text/event-stream" });
    reply.raw.write("data: 1\n\n");
    void next.promise.then(() => reply.raw.write("data: 2\n\n"));
    request.raw.once("close", left.resolve);
  });
  const door = await doorTo({ console: await listen(upstream) });
  const response = await fetch(`${door.address}/events`);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toBe("data: 1\n\n");
  next.resolve();
  expect((await reader?.read())?.value).toBe("data: 2\n\n");
  await reader?.cancel();
  await left.promise;
});

test("a service that is down is a 503 to try again after, until it is back", async () => {
  const first = echo("serve");
  const serve = await listen(first);
  const door = await doorTo({ serve });
  const url = `${door.address}/api/v1/models/m/predictions?key=secret`;
  expect((await ask(url, { method: "POST", body: "{}" })).service).toBe("serve");
  await first.close();
  const refused = await fetch(url, { method: "POST", body: "{}" });
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(refused.headers.get("content-type")).toBe("application/problem+json");
  expect(await refused.json()).toMatchObject({
    status: 503,
    code: "UNREACHABLE",
    instance: "/api/v1/models/m/predictions",
  });
  await listen(echo("serve again"), Number(new URL(serve).port));
  expect((await ask(url, { method: "POST", body: "{}" })).service).toBe("serve again");
});

test("a 503 of a service is passed on at once, not asked again", async () => {
  const upstream = fastify();
  let asked = 0;
  upstream.get("/readyz", async (_request, reply) => {
    asked += 1;
    return reply.code(503).header("retry-after", "7").send({ ready: false });
  });
  const door = await doorTo({ console: await listen(upstream) });
  const answer = await fetch(`${door.address}/readyz`);
  expect([answer.status, answer.headers.get("retry-after"), asked]).toEqual([503, "7", 1]);
});

test("an answer that breaks off does not look whole", async () => {
  const upstream = fastify();
  upstream.get("/half", (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { "content-length": "100" });
    reply.raw.write("half", () => reply.raw.destroy());
  });
  const door = await doorTo({ console: await listen(upstream) });
  const response = await fetch(`${door.address}/half`);
  await expect(response.text()).rejects.toThrow("terminated");
});

test("closing does not wait for an event stream for ever", async () => {
  const upstream = fastify({ forceCloseConnections: true });
  upstream.get("/events", (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\n");
  });
  const door = await doorTo({ console: await listen(upstream) });
  const response = await fetch(`${door.address}/events`);
  const ending = response.text().catch((error: Error) => error.message);
  await door.close();
  expect(await ending).toBe("terminated");
  const socket = connect(Number(new URL(door.address).port), "127.0.0.1");
  expect(await once(socket, "error")).toHaveLength(1);
});
