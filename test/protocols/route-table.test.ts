import { join } from "node:path";

import { ANSWER_HEADERS, routes } from "@groundswell/contracts";
import { openDoor } from "@groundswell/local";
import { openProject } from "@groundswell/scripts/project";
import { type Dispatcher, request } from "undici";
import { afterAll, expect, test } from "vitest";

import { build, env } from "./services-under-test.ts";

/** Every public route behind the real door, asked by every method with every kind of body. */
const project = await openProject(env.databaseUrl, join(env.artifacts, "project.json"));
const apps = await Promise.all([build.ingest(), build.serve(), build.console()]);
const listen = { host: "127.0.0.1", port: 0 };
const [ingest = "", serve = "", console = ""] = await Promise.all(
  apps.map((app) => app.listen(listen)),
);
const door = await openDoor({ routes, upstreams: { ingest, serve, console }, ...listen });
afterAll(async () => {
  await door.close();
  await Promise.all(apps.map((app) => app.close()));
});

const TYPES = [
  undefined,
  "application/json",
  "application/json; charset=utf-8",
  "application/json; charset=latin1; x",
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  ";;; no / type",
  "application/json, text/plain",
];
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];
const WITHOUT_BODY = new Set(["GET", "HEAD", "TRACE"]);
const bodiesFor = (method: string, type: string | undefined) => {
  if (WITHOUT_BODY.has(method)) return [undefined];
  return type === "application/json" ? ["{}", "no json", "", "[]", "null"] : ["{}"];
};
const paths = [...new Set(routes.map(({ path }) => path))].map((path) =>
  path.replace(/:\w+/g, "0197e4a5-0000-7000-8000-000000000000"),
);

interface Asked {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** What of an answer is not as it has to be. */
async function faults({ method, path, headers = {}, body }: Asked): Promise<string[]> {
  const answer = await request(door.address + path, {
    method: method as Dispatcher.HttpMethod,
    headers: { authorization: `Bearer ${project?.secretKey}`, ...headers },
    ...(body !== undefined && { body }),
  });
  const text = await answer.body.text();
  const { statusCode: status } = answer;
  const found: string[] = [];
  if (status >= 500) found.push(text);
  for (const name of Object.keys(ANSWER_HEADERS))
    if (answer.headers[name] === undefined) found.push(`no ${name}`);
  if (status >= 400 && method !== "HEAD") {
    const problem = JSON.parse(text) as { status?: number; code?: string };
    if (problem.status !== status || !problem.code) found.push(text);
    if (!String(answer.headers["content-type"]).startsWith("application/problem+json"))
      found.push(String(answer.headers["content-type"]));
  }
  const of = `${method} ${path} ${JSON.stringify(headers)}: ${status}`;
  return found.map((what) => `${of} ${what}`);
}

test.each(METHODS)(
  "%s of every route answers in our words, never with a fault of ours",
  async (method) => {
    const found: string[] = [];
    for (const path of paths)
      for (const type of WITHOUT_BODY.has(method) ? [undefined] : TYPES)
        for (const body of bodiesFor(method, type)) {
          const headers = type === undefined ? {} : { "content-type": type };
          found.push(...(await faults({ method, path, headers, ...(body && { body }) })));
        }
    expect(found).toEqual([]);
  },
  120_000,
);

test("strange encodings, keys and targets are the sender's mistake", async () => {
  const found: string[] = [];
  for (const path of paths) {
    for (const encoding of ["constructor", "__proto__", "toString", "gzip", "zstd", "gzip, gzip"])
      found.push(
        ...(await faults({
          method: "POST",
          path,
          headers: { "content-encoding": encoding, "content-type": "application/json" },
          body: "{}",
        })),
      );
    for (const authorization of [
      "",
      "Bearer",
      "Basic ====",
      "Bearer constructor",
      "x".repeat(9_000),
    ])
      found.push(
        ...(await faults({ method: "POST", path, headers: { authorization }, body: "{}" })),
      );
    for (const end of ["/", "?%zz", "?a[]=1&a=2&__proto__=1", "%00", "/%zz", "?limit=1e99", ";x"])
      found.push(...(await faults({ method: "GET", path: path + end })));
  }
  for (const path of [
    "/docs/yaml",
    "/docs/json",
    "/docs/",
    "/openapi.json",
    "/session",
    "/nowhere",
  ])
    for (const method of ["GET", "HEAD", "DELETE"]) found.push(...(await faults({ method, path })));
  expect(found).toEqual([]);
});

test("a browser's preflight is answered where browsers are meant", async () => {
  for (const { path, service } of routes.filter(({ method }) => method === "POST")) {
    const answer = await request(door.address + path.replaceAll(":", ""), {
      method: "OPTIONS",
      headers: { origin: "https://app.test", "access-control-request-method": "POST" },
    });
    await answer.body.dump();
    const open = service === "ingest" || service === "serve";
    expect([path, answer.statusCode, answer.headers["access-control-allow-origin"]]).toEqual(
      open ? [path, 204, "*"] : [path, 404, undefined],
    );
  }
});

test("too large is 413 each time, announced or in chunks, with a key or in the body", async () => {
  const large = "x".repeat(9 * 1024 * 1024);
  const { secretKey } = project ?? { secretKey: "" };
  for (const [path, size] of [
    ["/v1/track", 520_000],
    ["/v1/batch", 700_000],
    ["/api/v1/feedback", 3_000_000],
    ["/api/v1/consents", 70_000],
    ["/api/v1/models/m/predictions", 9_000_000],
    ["/api/v1/models/m/rollback", 1_200_000],
  ] as const) {
    const statuses = new Set<number>();
    for (let round = 0; round < 40; round++) {
      const body = large.slice(0, size);
      const answer = await fetch(door.address + path, {
        method: "POST",
        headers: { authorization: `Bearer ${secretKey}`, "content-type": "application/json" },
        ...(round % 2 === 0 ? { body } : { body: new Blob([body]).stream(), duplex: "half" }),
      });
      statuses.add(answer.status);
      if (answer.status !== 413) throw new Error(await answer.text());
      await answer.body?.cancel();
    }
    expect([path, ...statuses]).toEqual([path, 413]);
  }
}, 120_000);

test("a stranger with a large body is told so, not cut off", async () => {
  for (const path of ["/api/v1/feedback", "/api/v1/models/m/predictions", "/v1/batch"]) {
    const answer = await fetch(door.address + path, {
      method: "POST",
      headers: { authorization: "Bearer gs_sk_unknown" },
      body: "x".repeat(400_000),
    });
    expect([path, answer.status]).toEqual([path, 401]);
    await answer.body?.cancel();
  }
});
