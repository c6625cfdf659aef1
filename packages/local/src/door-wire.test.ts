import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";

import { afterEach, expect, test } from "vitest";

import { type Door, type DoorLimits, openDoor } from "./door.ts";

const routes = [
  { method: "POST", path: "/v1/batch", service: "ingest" },
  { method: "POST", path: "/api/v1/subjects/:subject/consents", service: "ingest" },
  {
    method: "GET",
    path: "/events/:run",
    service: "console",
    success: { contentType: "text/event-stream" },
  },
];

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

async function service(answer: RequestListener): Promise<{ origin: string; server: Server }> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  opened.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, server };
}

/** Says who it is and what it was asked, to the byte. */
const echo =
  (name: string): RequestListener =>
  (request, answer) => {
    void text(request).then((body) =>
      answer.end(JSON.stringify([name, request.method, request.url, body])),
    );
  };

async function doorTo(answer: RequestListener, limits: Partial<DoorLimits> = {}): Promise<Door> {
  const { origin } = await service(answer);
  const upstreams = { ingest: origin, console: origin };
  const door = await openDoor({ routes, upstreams, host: "127.0.0.1", port: 0, limits });
  opened.push(door.close);
  return door;
}

function dial(door: Door): Socket {
  const socket = connect(Number(new URL(door.address).port), "127.0.0.1");
  socket.on("error", () => {});
  opened.push(async () => socket.destroy());
  return socket;
}

/** Everything that comes back until the door closes. */
async function say(door: Door, head: string): Promise<string> {
  const socket = dial(door);
  socket.write(head);
  return text(socket);
}

const get = (target: string, version = "1.1") =>
  `GET ${target} HTTP/${version}\r\nhost: x\r\nconnection: close\r\n\r\n`;

test.each([
  ["/a/../b/./c"],
  ["//a//b"],
  ["/%2e%2e/%2E/x"],
  ["/a%2Fb?q=%2F&%zz"],
  ["/%zz"],
  ["/%E2%82%AC%00"],
  ["/a;b=c,d@e:f|g^h`i"],
])("%s reaches its service byte for byte", async (target) => {
  const door = await doorTo(echo("console"));
  expect(await say(door, get(target))).toContain(JSON.stringify(target));
});

test.each(["..", "a%2F..%2Fb", "%2e%2e", "auth0|..%2F1", "x".repeat(2_000)])(
  "an id such as %s is one segment",
  async (id) => {
    const ingest = await service(echo("ingest"));
    const console = await service(echo("console"));
    const upstreams = { ingest: ingest.origin, console: console.origin };
    const door = await openDoor({ routes, upstreams, host: "127.0.0.1", port: 0 });
    opened.push(door.close);
    const path = `/api/v1/subjects/${id}/consents`;
    const asked = `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`;
    expect(await say(door, asked)).toContain(JSON.stringify(["ingest", "POST", path, "{}"]));
  },
);

test("an absolute target is one of ours, others are refused with the reason", async () => {
  const door = await doorTo(echo("console"));
  expect(await say(door, get("http://elsewhere:1/a?b"))).toContain('"/a?b"');
  expect(await say(door, get("http://elsewhere?b"))).toContain('"/?b"');
  expect(await say(door, "OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).toMatch(
    /^HTTP\/1.1 400 [^]*BAD_URL/,
  );
  expect(await say(door, "CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n")).toMatch(
    /^HTTP\/1.1 405 [^]*NO_TUNNEL/,
  );
});

test("old and hasty clients are answered: HTTP/1.0, pipelining, an upgrade that nobody offers", async () => {
  const door = await doorTo(echo("console"));
  const old = await say(door, get("/old", "1.0"));
  expect(old).toContain('"/old"');
  expect(old).not.toMatch(/transfer-encoding/i);
  const one = "GET /one HTTP/1.1\r\nhost: x\r\n\r\n";
  expect(await say(door, one + get("/two"))).toMatch(/"\/one"[^]*"\/two"/);
  const upgrade =
    "GET /up HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade, close\r\n\r\n";
  expect(await say(door, upgrade)).toContain('"/up"');
});

test.each([
  ["no HTTP", "NONSENSE\r\n\r\n", 400],
  [
    "two lengths",
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    400,
  ],
  [
    "a length beside chunks",
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    400,
  ],
  ["a head without end", `GET / HTTP/1.1\r\nx: ${"x".repeat(40_000)}\r\n\r\n`, 431],
  ["figures of the console", get("/metrics"), 404],
])("%s: the door's own answer is a problem with its headers", async (_what, head, status) => {
  const answer = await say(await doorTo(echo("console")), head);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).toMatch(/content-type: application\/problem\+json/i);
  expect(answer).toMatch(/x-content-type-options: nosniff/i);
  expect(answer).toMatch(/cache-control: no-store/i);
  expect(answer).toContain(`"status":${status}`);
});

test("a service's early no is passed on each time, whatever still comes", async () => {
  // Answers at the head, and takes the body in as our services do.
  const door = await doorTo((request, answer) => {
    answer.writeHead(413, { "content-type": "text/plain" }).end("too large");
    request.resume();
  });
  const body = "x".repeat(520_000);
  const chunked = new ReadableStream({
    start(controller) {
      for (let at = 0; at < body.length; at += 10_000)
        controller.enqueue(new TextEncoder().encode(body.slice(at, at + 10_000)));
      controller.close();
    },
  });
  const statuses = new Set<number>();
  for (let round = 0; round < 40; round++)
    statuses.add((await fetch(`${door.address}/v1/batch`, { method: "POST", body })).status);
  const sent = { method: "POST", body: chunked, duplex: "half" } as const;
  statuses.add((await fetch(`${door.address}/v1/batch`, sent)).status);
  expect([...statuses]).toEqual([413]);
});

const slowBody = "POST /v1/batch HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{";

test("slow bodies never reach a service, get a 408, and are cut", async () => {
  const asked: string[] = [];
  const door = await doorTo(
    (request, answer) => {
      asked.push(request.url ?? "");
      answer.end("fine");
    },
    { patienceMs: 100 },
  );
  const slow = await Promise.all(Array.from({ length: 50 }, () => say(door, slowBody)));
  expect(slow.every((answer) => /^HTTP\/1.1 408 [^]*TOO_SLOW/.test(answer))).toBe(true);
  expect(await say(door, "GET / HTTP/1.1\r\nhost:")).toMatch(/^HTTP\/1.1 408 /);
  expect(await say(door, "")).toMatch(/^(HTTP\/1.1 408 |$)/);
  expect(asked).toEqual([]);
});

test("while slow ones wait, others are answered, and the longest waiting make room", async () => {
  const door = await doorTo(echo("ingest"), { waiting: 20, patienceMs: 60_000 });
  const ended: Promise<unknown>[] = [];
  for (let count = 0; count < 60; count++) {
    const socket = dial(door);
    ended.push(once(socket, "close"));
    await once(socket, "connect");
    socket.write(slowBody);
    const answer = await fetch(`${door.address}/v1/batch`, { method: "POST", body: "{}" });
    expect(answer.status).toBe(200);
    expect(door.count().waiting).toBeLessThanOrEqual(20);
  }
  await Promise.all(ended.slice(0, 40));
});

test("event streams take nobody's place", async () => {
  const door = await doorTo((request, answer) => {
    if (request.url?.startsWith("/events")) answer.writeHead(200).write("data: 1\n\n");
    else answer.end("fine");
  });
  const streams = Array.from({ length: 300 }, () => dial(door));
  for (const socket of streams) socket.write("GET /events/1 HTTP/1.1\r\nhost: x\r\n\r\n");
  await Promise.all(streams.map((socket) => once(socket, "data")));
  const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(door.address)));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(streams.filter(({ destroyed }) => destroyed)).toEqual([]);
});

test("a client that goes away frees its service", async () => {
  const left = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const door = await doorTo((request) => {
    asked.resolve();
    request.socket.once("close", () => left.resolve());
  });
  const socket = dial(door);
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await asked.promise;
  socket.destroy();
  await left.promise;
  expect(door.count().waiting).toBe(0);
});

test("a service that ends mid-request is a 503; one that ends mid-answer breaks it off", async () => {
  const door = await doorTo((request) => request.socket.destroy());
  const answer = await fetch(`${door.address}/v1/batch`, { method: "POST", body: "{}" });
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
});

test("a body passes whole, whatever its size and its chunks", async () => {
  const door = await doorTo((request, answer) => {
    void text(request).then((body) => answer.end(String(body.length)));
  });
  for (const size of [1, 65_535, 65_536, 65_537, 70_000, 131_072, 400_000])
    for (const chunk of [size, 65_536, 16_384 + 1]) {
      const body = new ReadableStream({
        start(controller) {
          for (let at = 0; at < size; at += chunk)
            controller.enqueue(new Uint8Array(Math.min(chunk, size - at)).fill(120));
          controller.close();
        },
      });
      const sent = chunk === size ? { body: "x".repeat(size) } : { body, duplex: "half" as const };
      const answer = await fetch(`${door.address}/v1/batch`, { method: "POST", ...sent });
      expect([size, chunk, await answer.text()]).toEqual([size, chunk, String(size)]);
    }
});
