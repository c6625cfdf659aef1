import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { formatKey, type ModelView, uuid7Generator } from "@groundswell/contracts";
import { insertPredictions } from "@groundswell/db";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { faint, nameless } from "./accessibility.ts";
import { openBrowser } from "./chromium.ts";
import { consoleUnderTest, type ConsoleUnderTest } from "./console-under-test.ts";
import { leave, type Visit, visit } from "./visit.ts";

const OUT = join(import.meta.dirname, "../../out");
const opened = await openBrowser();
if (!opened.browser) console.warn(`The dashboard is not tested: ${opened.reason}`);
const run = promisify(execFile);

describe.skipIf(!opened.browser)("states of the dashboard", () => {
  let server: ConsoleUnderTest;
  let open: Visit[] = [];
  const look = async (fragment: string, options?: Parameters<typeof visit>[2]): Promise<Visit> => {
    if (!opened.browser) throw new Error(opened.reason);
    const one = await visit(opened.browser, `${server.origin}/${fragment}`, options);
    open.push(one);
    return one;
  };
  const signedIn = async () => `#code=${await server.code()}`;
  const makeModel = async (name: string, classes: string[]) => {
    const body = { recipe: "text-classifier", classes, config: {} };
    const answer = await server.ask("PUT", `/api/v1/models/${name}`, body);
    return (await answer.json()) as ModelView;
  };
  beforeAll(async () => {
    mkdirSync(OUT, { recursive: true });
    server = await consoleUnderTest();
  });
  afterEach(async () => {
    const visits = open;
    open = [];
    await leave(visits);
  });
  afterAll(async () => {
    await opened.browser?.close();
    await server.close();
  });

  test("is there in a browser whose language is none", async () => {
    if (!opened.browser) throw new Error(opened.reason);
    const context = await opened.browser.newContext();
    await context.addInitScript(() => {
      Object.defineProperty(navigator, "language", { value: "en-US@posix", configurable: true });
    });
    const page = await context.newPage();
    await page.goto(`${server.origin}/${await signedIn()}`);
    await page.getByRole("navigation").waitFor();
    expect(await page.evaluate(() => navigator.language)).toBe("en");
    await context.close();
  });

  test("asks for a key, and tells what is wrong with one", async () => {
    const { page, complaints } = await look("");
    const field = page.getByLabel("Secret key");
    const submit = page.getByRole("button", { name: "Sign in" });
    expect(await nameless(page)).toEqual([]);
    expect(await faint(page)).toEqual([]);
    await field.fill("hello");
    await submit.click();
    await page.getByText(/is no secret key/).waitFor();
    await field.fill(server.write);
    await submit.click();
    await page.getByText(/This is a write key/).waitFor();
    await page.screenshot({ path: join(OUT, "dashboard-sign-in.png") });
    const letters = (length: number) => randomBytes(length).toString("hex").slice(0, length);
    await field.fill(formatKey({ kind: "secret", id: letters(12), secret: letters(32) }));
    await submit.click();
    await page.getByText(/not valid/).waitFor();
    expect(complaints.splice(0).every((text) => text.includes("401"))).toBe(true);
    await field.fill(` ${server.secret} `);
    await page.keyboard.press("Enter");
    await page.getByRole("navigation").waitFor();
    await page.reload();
    await page.getByRole("navigation").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await field.waitFor();
    expect((await stored(page)).sessionStorage).toBe("{}");
  });

  test("takes the code out of the address and its history, and stays signed in", async () => {
    const code = await server.code();
    const { page } = await look(`#/models/none?code=${code}`);
    await page.getByRole("navigation").waitFor();
    expect(page.url()).toBe(`${server.origin}/#/models/none`);
    await page.reload();
    await page.getByRole("navigation").waitFor();
    const [cookie] = await page.context().cookies(server.origin);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });
    const { localStorage, sessionStorage } = await stored(page);
    expect(localStorage + sessionStorage + cookie?.value).not.toMatch(/gs_sk_/);
    await page.goBack();
    expect(page.url()).toBe("about:blank");
  });

  test("a code that was used, or is too old, says so and how to get another", async () => {
    const used = await server.code();
    const first = await look(`#code=${used}`);
    await first.page.getByRole("navigation").waitFor();
    const second = await look(`#code=${used}`);
    await second.page.getByText(/used already.*pnpm dashboard/).waitFor();
    const old = await server.code();
    server.passTime(130_000);
    const third = await look(`#code=${old}`);
    await third.page.getByText(/older than two minutes.*pnpm dashboard/).waitFor();
    for (const { complaints } of [second, third])
      expect(complaints.splice(0).every((text) => text.includes("401"))).toBe(true);
  });

  test("signing out ends the session, wherever its cookie was taken", async () => {
    const { page } = await look(await signedIn());
    await page.getByRole("navigation").waitFor();
    const [cookie] = await page.context().cookies(server.origin);
    const asTaken = () =>
      fetch(`${server.origin}/api/v1/models`, {
        headers: { cookie: `${cookie?.name}=${cookie?.value}` },
      });
    expect((await asTaken()).status).toBe(200);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Secret key").waitFor();
    expect((await asTaken()).status).toBe(401);
    expect(await page.context().cookies(server.origin)).toEqual([]);
  });

  test("without a model, shows the line that makes one; the line works", async (context) => {
    const { page } = await look(await signedIn());
    await page.getByText("No model yet").waitFor();
    await page.screenshot({ path: join(OUT, "dashboard-empty.png") });
    expect(await faint(page)).toEqual([]);
    const lines = (await page.locator(".curl pre").first().textContent()) ?? "";
    if (!(await run("curl", ["--version"]).catch(() => null))) context.skip("no curl here");
    await run("sh", ["-c", `${lines} --fail --silent`], {
      env: { ...process.env, KEY: server.secret },
    });
    await page.getByRole("heading", { name: "sentiment" }).waitFor();
  });

  test("without events, shows the line that sends one", async () => {
    await makeModel("quiet", ["yes", "no"]);
    const { page } = await look(await signedIn());
    await page.getByRole("link", { name: "quiet" }).click();
    await page.getByText("No events yet").waitFor();
    expect(page.url()).toContain("#/models/quiet");
    expect(await page.locator(".curl pre").first().textContent()).toContain(
      "/api/v1/models/quiet/predictions",
    );
    await page.getByText("No training run yet").waitFor();
    await page.getByText("Nothing to score yet").waitFor();
    expect(await nameless(page)).toEqual([]);
    expect(await faint(page)).toEqual([]);
  });

  test("an unknown model is said to be unknown", async () => {
    await makeModel("known", ["yes", "no"]);
    const { page } = await look(`#/models/%3Cb%3Enone?code=${await server.code()}`);
    await page.getByText("No model <b>none in this project").waitFor();
    expect(await page.getByRole("navigation").isVisible()).toBe(true);
  });

  test("every link leads somewhere", async () => {
    await makeModel("linked", ["yes", "no"]);
    const { page } = await look(await signedIn());
    await page.getByRole("link", { name: "linked" }).waitFor();
    const links = await page
      .getByRole("link")
      .evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
    const away = links.filter((link) => !new URL(link).hash);
    expect(away).toEqual([`${server.origin}/docs`]);
    for (const link of away) expect((await fetch(link)).status).toBe(200);
  });

  test("texts of any length and script stay inside, and are never markup", async () => {
    const long = "a".repeat(300);
    const name = "m".repeat(63);
    const model = await makeModel(name, [long.slice(0, 256), "مرحبا"]);
    const texts = [
      "<img src=x onerror=alert(1)>",
      "שלום עולם 123",
      `${long} ${long}`,
      "word ".repeat(4_000),
    ];
    const newId = uuid7Generator(Date.now);
    await insertPredictions(
      server.worker,
      texts.map((text, i) => ({
        projectId: server.projectId,
        predictionId: newId(),
        modelId: model.id,
        version: 1,
        learnedThrough: 0,
        pinned: false,
        subjectId: null,
        input: Buffer.from(text),
        output: { label: model.classes[i % 2] ?? "", probability: 0.5, classes: [] },
        latencyMs: 1,
        createdAt: new Date(),
      })),
    );
    for (const width of [1440, 820]) {
      const { page } = await look(`#/models/${name}?code=${await server.code()}`, {
        viewport: { width, height: 900 },
      });
      await page.getByText("<img src=x onerror=alert(1)>").waitFor();
      expect(await page.locator(".live img").count()).toBe(0);
      await page.getByText("No feedback yet. It teaches").waitFor();
      const root = page.locator("html");
      expect(await root.evaluate((html) => html.scrollWidth - html.clientWidth)).toBe(0);
      const hebrew = page.getByText("שלום עולם 123");
      expect(await hebrew.evaluate((element) => getComputedStyle(element).direction)).toBe("rtl");
      await page.screenshot({ path: join(OUT, `dashboard-texts-${width}.png`), fullPage: true });
    }
  });

  test("a thousand versions are paged", async () => {
    const { id } = await makeModel("many", ["yes", "no"]);
    await server.worker.query(
      `insert into model_versions (project_id, version_id, model_id, number, kind, status, learned_through,
         artifact, lineage, created_at)
       select project_id, gen_random_uuid(), model_id, n, 'online', 'ready', n, artifact, '{}', now()
       from model_versions, generate_series(2, 1000) n where model_id = $1`,
      [id],
    );
    const { page } = await look(`#/models/many?code=${await server.code()}`);
    const first = page.locator(".versions tbody tr").first();
    await first.getByText("v1000").waitFor();
    expect(await page.getByRole("button", { name: "Newer" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Older" }).click();
    await first.getByText("v992").waitFor();
    await page.getByRole("button", { name: "Newer" }).click();
    await first.getByText("v1000").waitFor();
  });

  test("keeps the last figures while the server is away, and comes back", async () => {
    await makeModel("steady", ["yes", "no"]);
    const { page, complaints } = await look(`#/models/steady?code=${await server.code()}`);
    await page.locator(".stage").first().waitFor();
    await page.route("**/api/**", (route) => route.abort());
    await page.getByText(/reconnecting; figures of/).waitFor();
    expect(await page.locator(".stage").count()).toBe(5);
    await page.unroute("**/api/**");
    await page.getByRole("button", { name: "Try now" }).click();
    await page.locator(".connection", { hasText: "live" }).waitFor();
    expect(complaints.splice(0).every((text) => text.includes("ERR_FAILED"))).toBe(true);
  });

  test("asks nothing while its tab is hidden", async () => {
    await makeModel("hidden", ["yes", "no"]);
    const { page } = await look(`#/models/hidden?code=${await server.code()}`);
    await page.locator(".stage").first().waitFor();
    await page.clock.install();
    const turn = (hidden: boolean) =>
      page.evaluate((value) => {
        Object.defineProperty(document, "hidden", { value, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await turn(true);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.clock.runFor(30_000);
    expect(asked).toEqual([]);
    const again = page.waitForRequest(/\/overview$/);
    await turn(false);
    await again;
  });

  test("nothing moves for those who asked for less motion", async () => {
    await makeModel("still", ["yes", "no"]);
    const { page } = await look(`#/models/still?code=${await server.code()}`, {
      reducedMotion: "reduce",
    });
    await page.locator(".stage").first().waitFor();
    const moving = await page.evaluate(
      () =>
        [...document.querySelectorAll("*")].filter((element) => {
          const { animationName, transitionDuration } = getComputedStyle(element);
          return animationName !== "none" || transitionDuration !== "0s";
        }).length,
    );
    expect(moving).toBe(0);
  });

  test("the theme can be chosen, and stays chosen", async () => {
    await makeModel("themed", ["yes", "no"]);
    const { page } = await look(await signedIn(), { colorScheme: "light" });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.getByRole("button", { name: "Theme: system" }).click();
    await page.getByRole("button", { name: "Theme: light" }).click();
    await page.getByRole("button", { name: "Theme: dark" }).waitFor();
    expect(await ground()).not.toBe(light);
    await page.reload();
    await page.getByRole("button", { name: "Theme: dark" }).waitFor();
    expect(await ground()).not.toBe(light);
  });

  test("a key that is taken back leads to the sign-in", async () => {
    const { page, complaints } = await look(await signedIn());
    await page.getByRole("navigation").waitFor();
    await server.revoke();
    await page.getByLabel("Secret key").waitFor();
    await page.getByText(/key was revoked/).waitFor();
    expect(complaints.splice(0).every((text) => text.includes("401"))).toBe(true);
  });
});

const stored = (page: Page) =>
  page.evaluate(() => ({
    localStorage: JSON.stringify(localStorage),
    sessionStorage: JSON.stringify(sessionStorage),
  }));
