import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";

import { connect } from "./client.ts";
import { Refused } from "./problem.ts";

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("trouble that passes is waited out: a cut connection, a 503", async () => {
  let tries = 0;
  const origin = await listen((request, response) => {
    tries += 1;
    if (tries === 1) request.socket.destroy();
    else if (tries === 2) response.writeHead(503).end();
    else response.end('{"n":3}');
  });
  const unanswered: string[] = [];
  const client = connect({ origin, key: "k", onUnanswered: (one) => unanswered.push(one) });
  expect((await client.call("/x", z.object({ n: z.int() }))).body).toEqual({ n: 3 });
  // Of either the client doesn't know whether it took effect.
  expect(unanswered).toEqual(["GET /x", "GET /x"]);
});

test("a refusal is told in the platform's words, field by field, and not tried again", async () => {
  let tries = 0;
  const origin = await listen((_request, response) => {
    tries += 1;
    const issues = [{ path: "/value", message: "a number or text" }];
    response
      .writeHead(400)
      .end(JSON.stringify({ status: 400, code: "BAD_REQUEST", detail: "wrong type", issues }));
  });
  const { call } = connect({ origin, key: "k" });
  const refused = await call("/x", z.unknown(), { method: "POST", body: {} }).catch(
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(Refused);
  expect(refused).toMatchObject({
    status: 400,
    code: "BAD_REQUEST",
    message: "POST /x: 400 wrong type\n  /value: a number or text",
  });
  expect(tries).toBe(1);
});

test("what might happen twice is sent once", async () => {
  let tries = 0;
  const origin = await listen((_request, response) => {
    tries += 1;
    response.writeHead(503).end("not now");
  });
  const { call } = connect({ origin, key: "k" });
  await expect(call("/x", z.unknown(), { method: "POST", body: {}, retry: false })).rejects.toThrow(
    "POST /x: 503 not now",
  );
  expect(tries).toBe(1);
});
