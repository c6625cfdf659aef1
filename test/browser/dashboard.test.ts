import { mkdirSync } from "node:fs";
import { join } from "node:path";

import type { ModelView, RunView } from "@groundswell/contracts";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { faint, nameless, tabRound } from "./accessibility.ts";
import { openBrowser } from "./chromium.ts";
import { consoleUnderTest, type ConsoleUnderTest } from "./console-under-test.ts";
import { PIXELS, recordCandidate, recordDigits, recordTraining } from "./recorded-digits.ts";
import { leave, type Visit, visit } from "./visit.ts";

const OUT = join(import.meta.dirname, "../../out");
const opened = await openBrowser();
if (!opened.browser) console.warn(`The dashboard is not tested: ${opened.reason}`);

describe.skipIf(!opened.browser)("the first screen", () => {
  let server: ConsoleUnderTest;
  let of: { projectId: string; modelId: string };
  let run: RunView;
  let open: Visit[] = [];

  const look = async (options?: Parameters<typeof visit>[2]): Promise<Visit> => {
    if (!opened.browser) throw new Error(opened.reason);
    const one = await visit(
      opened.browser,
      `${server.origin}/#code=${await server.code()}`,
      options,
    );
    open.push(one);
    await one.page.locator(".stage").first().waitFor();
    return one;
  };
  const champion = async () =>
    ((await (await server.ask("GET", "/api/v1/models/digits")).json()) as ModelView).champion;

  beforeAll(async () => {
    mkdirSync(OUT, { recursive: true });
    server = await consoleUnderTest();
    const put = await server.ask("PUT", "/api/v1/models/digits", {
      recipe: "image-classifier",
      classes: Array.from({ length: 10 }, (_, digit) => String(digit)),
      config: { ...PIXELS, hidden: 8 },
    });
    const model = (await put.json()) as ModelView;
    of = { projectId: server.projectId, modelId: model.id };
    await server.worker.transaction((tx) =>
      recordDigits(tx, { ...of, now: new Date(), predictions: 2_000 }),
    );
    const post = await server.ask("POST", "/api/v1/models/digits/training-runs", {});
    run = (await post.json()) as RunView;
    await server.worker.transaction((tx) =>
      recordTraining(tx, { ...of, runId: run.id, epochs: 12 }),
    );
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

  test("shows what was recorded, from accepted to predicted", async () => {
    const { page } = await look();
    const loop = page.getByRole("region", { name: "The loop" });
    await loop.getByText("2,040 in all").waitFor();
    const text = await loop.innerText();
    // 2,000 predictions: 1,998 told, 399 of people who never agreed, 199 held out, and 40 on top.
    expect(text).toContain("1,400 of 2,038; 638 kept out");
    expect(text).toMatch(/over the last 500/);
    expect(text).toContain("v1 champion");
    const reasons = await page.locator(".bars").innerText();
    expect(reasons.split(/\s*\n\s*/)).toEqual([
      "never agreed",
      "399",
      "held out for exams",
      "199",
      "sent twice",
      "34",
      "malformed",
      "6",
    ]);
    const cell = (row: number, column: number) =>
      page.locator(".live tbody tr").nth(row).locator("td").nth(column).innerText();
    expect(await cell(0, 3)).toBe("nothing yet");
    expect(await cell(2, 4)).toBe("… waiting");
    const taught = await page.locator(".live tbody tr", { hasText: "✓ yes" }).first().innerText();
    expect(taught).toMatch(/\d+ ms$/);
    const queue = page.locator(".queues > div", { hasText: "Waiting" });
    expect(await queue.locator("dd").first().innerText()).toBe("2");
  });

  test("draws the pictures that were sent", async () => {
    const { page } = await look();
    const canvas = page.locator(".picture").first();
    await canvas.waitFor();
    const brightest = await canvas.evaluate((element: HTMLCanvasElement) =>
      Math.max(...(element.getContext("2d")?.getImageData(0, 0, 28, 28).data ?? [])),
    );
    expect(brightest).toBe(255);
    expect(await canvas.getAttribute("width")).toBe("28");
  });

  test("every chart can be read as a table", async () => {
    const { page } = await look();
    await page.getByRole("button", { name: "Progressive accuracy as a table" }).click();
    expect(await page.getByRole("columnheader", { name: "95 % interval" }).isVisible()).toBe(true);
    await page.getByRole("button", { name: "Kept out of learning as a table" }).click();
    await page.getByText("Its user has not allowed training on it").waitFor();
    await page.getByRole("button", { name: "Loss as a table" }).click();
    await page.getByRole("columnheader", { name: "Validation loss" }).waitFor();
    expect(await page.locator(".loss-table tbody tr").count()).toBe(12);
  });

  test("the tail can be paused and followed", async () => {
    const { page } = await look();
    await page.locator(".live tbody tr").first().waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText(/paused at \d\d:\d\d:\d\d/).waitFor();
    const again = page.waitForRequest(/\/live\?/);
    await page.getByRole("button", { name: "Follow" }).click();
    await again;
    await page.getByText("following").waitFor();
    expect(await page.getByRole("button", { name: "Pause" }).isVisible()).toBe(true);
  });

  test.for(["light", "dark"] as const)(
    "has words, order and contrast (%s)",
    async (colorScheme) => {
      const { page } = await look({ colorScheme });
      await page.getByText("epoch 12 of 30").waitFor();
      await page.locator(".picture").first().waitFor();
      expect(await nameless(page)).toEqual([]);
      expect(await faint(page)).toEqual([]);
      const { reachable, reached } = await tabRound(page);
      expect(reached).toEqual(reachable);
      expect(reachable[0]).toContain("Skip to the figures");
    },
  );

  test("light and dark, wide and narrow: pictures of each", async () => {
    const pictures: Buffer[] = [];
    for (const colorScheme of ["light", "dark"] as const)
      for (const width of [1440, 820]) {
        const { page } = await look({ colorScheme, viewport: { width, height: 1000 } });
        await page.getByText("epoch 12 of 30").waitFor();
        await page.locator(".picture").first().waitFor();
        expect(await sideways(page)).toBe(0);
        const path = join(OUT, `dashboard-${colorScheme}-${width}.png`);
        pictures.push(await page.screenshot({ path, fullPage: true }));
      }
    const [light, , dark] = pictures;
    expect(dark?.equals(light ?? Buffer.alloc(0))).toBe(false);
  });

  test("a run is followed while it trains, and its end is told at once", async () => {
    const { page } = await look();
    await page.getByText("epoch 12 of 30").waitFor();
    await server.worker.transaction((tx) =>
      recordTraining(tx, { ...of, runId: run.id, epochs: 19 }),
    );
    await page.getByText("epoch 19 of 30").waitFor();
    await server.worker.transaction((tx) => recordCandidate(tx, { ...of, runId: run.id }));
    await page.locator(".run").getByText("Passed its gate").waitFor();
    await page.getByRole("button", { name: "Promote v2" }).waitFor();
    expect(await page.getByRole("button", { name: "Fine-tune" }).isEnabled()).toBe(true);
  });

  test("Escape leaves the champion and gives the focus back; the dialog keeps it inside", async () => {
    const { page } = await look();
    const promote = page.getByRole("button", { name: "Promote v2" });
    await promote.focus();
    await page.keyboard.press("Enter");
    await page.getByText("v1 is the champion now.").waitFor();
    expect(await nameless(page)).toEqual([]);
    const { reachable, reached } = await tabRound(page);
    expect(reached.toSorted()).toEqual(reachable);
    expect(reached).toHaveLength(2);
    await page.screenshot({ path: join(OUT, "dashboard-promote.png") });
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await promote.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await champion()).toBe(1);
  });

  test("a promotion that somebody else was faster with is refused, and then made", async () => {
    const { page, complaints } = await look();
    await page.getByRole("button", { name: "Promote v2" }).click();
    await page.getByText("v1 is the champion now.").waitFor();
    // The alias comes back to v1, by two moves of somebody else.
    await promoteByApi(2);
    await server.ask("POST", "/api/v1/models/digits/rollback", {});
    const confirm = page.getByRole("dialog").getByRole("button", { name: "Promote v2" });
    await confirm.click();
    await page.getByText(/The alias moved since you read it/).waitFor();
    expect(await champion()).toBe(1);
    // The browser tells of the refusal by itself; nothing else may have been said.
    expect(complaints.splice(0).every((text) => text.includes("412"))).toBe(true);
    await page.getByRole("button", { name: "Leave it" }).click();
    await page.getByRole("button", { name: "Promote v2" }).click();
    await page.getByText("v1 is the champion now.").waitFor();
    await confirm.click();
    await page.getByRole("status").getByText("v2 is the champion now.").waitFor();
    expect(await champion()).toBe(2);
    await page.locator("nav").getByText("v2").waitFor();
  });

  test("rolls back to the champion before", async () => {
    const { page } = await look();
    await page.getByRole("button", { name: "Roll back" }).click();
    await page.getByText(/v1 → v2/).waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    await page.getByRole("status").getByText("v1 is the champion now.").waitFor();
    expect(await champion()).toBe(1);
  });

  test("starts a run and cancels it", async () => {
    const { page } = await look();
    await page.getByRole("button", { name: "Fine-tune" }).click();
    await page.locator(".run").getByText("queued").waitFor();
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel the run" }).click();
    await page.locator(".run").getByText("cancelled").waitFor();
    const answer = await server.ask("GET", "/api/v1/models/digits/training-runs");
    const { data } = (await answer.json()) as { data: RunView[] };
    expect(data.map(({ status }) => status)).toEqual(["cancelled", "succeeded"]);
  });

  async function promoteByApi(version: number) {
    const alias = await server.ask("GET", "/api/v1/models/digits/aliases/champion");
    const moved = await fetch(`${server.origin}/api/v1/models/digits/aliases/champion`, {
      method: "PUT",
      headers: {
        authorization: `Bearer ${server.secret}`,
        "content-type": "application/json",
        "if-match": alias.headers.get("etag") ?? "",
      },
      body: JSON.stringify({ version }),
    });
    expect(moved.status).toBe(200);
  }
});

/** Pixels that a page can be scrolled to the side. */
const sideways = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
