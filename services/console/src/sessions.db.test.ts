import { randomBytes } from "node:crypto";

import { expect, test } from "vitest";

import { newProject, testConsole } from "./testing.ts";

let now = Date.now();
const { app, ask, project, request, maintenance } = await testConsole({ clock: () => now });

const own = { host: "console.test:8080", "sec-fetch-site": "same-origin" };

const session = async (
  method: "GET" | "POST" | "DELETE",
  { body, headers }: { body?: object; headers?: Record<string, string> } = {},
) => {
  const answer = await app.inject({
    method,
    url: "/session",
    headers: { ...own, ...headers },
    ...(body && { payload: body }),
  });
  const cookie = String(answer.headers["set-cookie"] ?? "");
  return { status: answer.statusCode, body: answer.json(), cookie };
};
const newCode = async () => (await ask("POST", "/api/v1/sign-in-codes")).body.code as string;
const signedIn = async () => {
  const { cookie } = await session("POST", { body: { code: await newCode() } });
  return cookie.split(";", 1)[0] ?? "";
};
const models = async (headers: Record<string, string>, method: "GET" | "PUT" = "GET") => {
  const url = method === "GET" ? "/api/v1/models" : "/api/v1/models/digits";
  const answer = await app.inject({ method, url, headers: { ...own, ...headers } });
  return answer.statusCode;
};

test("a code opens one session, whose cookie no script and no other site can use", async () => {
  const code = await newCode();
  const opened = await session("POST", { body: { code } });
  expect(opened.status).toBe(201);
  expect(opened.cookie).toMatch(
    /^gs_session8080=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
  );
  const cookie = opened.cookie.split(";", 1)[0] ?? "";
  expect(await models({ cookie })).toBe(200);
  expect((await session("GET", { headers: { cookie } })).body.signed_in).toBe(true);
  expect(await session("POST", { body: { code } })).toMatchObject({
    status: 401,
    body: { code: "SIGN_IN_REFUSED", detail: expect.stringContaining("used already") },
    cookie: "",
  });
});

test("of many who use a code at once, one gets in", async () => {
  const code = await newCode();
  const tries = await Promise.all(
    Array.from({ length: 8 }, () => session("POST", { body: { code } })),
  );
  expect(tries.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(tries.filter(({ status }) => status === 401)).toHaveLength(7);
});

test("a code is good for two minutes, and says how to get another", async () => {
  const code = await newCode();
  now += 120_000;
  const late = await session("POST", { body: { code } });
  expect(late.body.detail).toMatch(/older than two minutes.*pnpm dashboard/);
  expect((await session("POST", { body: { code: "made-up" } })).status).toBe(401);
});

test("where the browser came by https, so does the cookie", async () => {
  const headers = { origin: "https://console.test:8080" };
  const { cookie } = await session("POST", { body: { code: await newCode() }, headers });
  expect(cookie).toMatch(/; Secure$/);
});

test("a pasted secret key opens a session, another key does not", async () => {
  const opened = await session("POST", { body: { key: ` ${project.secret}\n` } });
  expect(opened.status).toBe(201);
  expect(await models({ cookie: opened.cookie })).toBe(200);
  expect((await session("POST", { body: { key: project.write } })).status).toBe(403);
  expect((await session("POST", { body: { key: "gs_sk_x" } })).status).toBe(401);
  expect((await session("POST", { body: {} })).body.detail).toContain("gs_sk_");
});

test("it ends by signing out, by time, and with its key", async () => {
  const out = await signedIn();
  expect((await session("DELETE", { headers: { cookie: out } })).cookie).toMatch(/Max-Age=0/);
  expect(await models({ cookie: out })).toBe(401);
  expect((await session("GET", { headers: { cookie: out } })).body.signed_in).toBe(false);

  const late = await signedIn();
  now += 12 * 3_600_000;
  expect(await models({ cookie: late })).toBe(401);

  const other = await newProject(maintenance);
  const { cookie } = await session("POST", { body: { key: other.secret } });
  expect(await models({ cookie })).toBe(200);
  await other.revoke("secret");
  expect(await models({ cookie })).toBe(401);
});

test("what changes something comes from the dashboard's own page", async () => {
  const cookie = await signedIn();
  const put = (headers: Record<string, string>) => models({ cookie, ...headers }, "PUT");
  expect(await put({ "sec-fetch-site": "same-site" })).toBe(403);
  expect(await put({ "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await put({})).toBe(400); // its body is what is wrong
  const plain = { host: own.host, cookie };
  const bare = async (headers: Record<string, string>) =>
    (
      await app.inject({
        method: "PUT",
        url: "/api/v1/models/digits",
        headers: { ...plain, ...headers },
      })
    ).statusCode;
  expect(await bare({})).toBe(403);
  expect(await bare({ origin: "http://console.test:8081" })).toBe(403);
  expect(await bare({ origin: "null" })).toBe(403);
  expect(await bare({ origin: "http://console.test:8080" })).toBe(400);
  expect((await session("POST", { body: {}, headers: { "sec-fetch-site": "none" } })).status).toBe(
    403,
  );
});

test("a session makes no codes: it would go on for ever", async () => {
  const cookie = await signedIn();
  const url = "/api/v1/sign-in-codes";
  const answer = await app.inject({ method: "POST", url, headers: { ...own, cookie } });
  expect(answer.statusCode).toBe(403);
  expect((await ask("POST", url, { key: project.write })).status).toBe(403);
});

test("another cookie, a broken one and one of another port are nobody's", async () => {
  const cookie = await signedIn();
  expect(await models({ cookie: cookie.replace("8080", "8081") })).toBe(401);
  expect(await models({ cookie: `gs_session8080=${randomBytes(32).toString("base64url")}` })).toBe(
    401,
  );
  expect(await models({ cookie: ";;=; gs_session8080=; %" })).toBe(401);
  expect(await models({ cookie: `theme=dark; ${cookie}` })).toBe(200);
});

test("only hashes are kept, and only of their own project", async () => {
  const code = await newCode();
  const cookie = (await signedIn()).split("=")[1] ?? "";
  const kept = await maintenance.query<{ text: string }>(
    `select c::text as text from sign_in_codes c union all select s::text from sessions s`,
  );
  const all = kept.map(({ text }) => text).join("\n");
  for (const secret of [code, cookie]) {
    expect(all).not.toContain(secret);
    expect(all).not.toContain(Buffer.from(secret).toString("hex"));
  }
  await expect(request.query("select * from sessions")).rejects.toThrow(/app.project_id|type uuid/);
});
