import type { Browser, BrowserContextOptions, Page } from "playwright-core";

export interface Visit {
  page: Page;
  /** Requests that went anywhere but to the page's own origin. */
  outside: string[];
  /** What the browser complained about: exceptions, refused by the page's policy, failed requests. */
  complaints: string[];
}

/** Opens a page in a context of its own, with an ear on everything it does. */
export async function visit(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({
    locale: "en-US",
    timezoneId: "Europe/Berlin",
    viewport: { width: 1440, height: 900 },
    ...options,
  });
  const page = await context.newPage();
  const { origin } = new URL(address);
  const outside: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) outside.push(url);
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  await page.goto(address, { waitUntil: "load" });
  return { page, outside, complaints };
}

/** Closes what was opened. @throws where a page asked elsewhere, or its browser complained */
export async function leave(visits: readonly Visit[]): Promise<void> {
  const trouble = visits.flatMap(({ outside, complaints }) => [...outside, ...complaints]);
  await Promise.all(visits.map(({ page }) => page.context().close()));
  if (trouble.length > 0) throw new Error(`The page is not at peace: ${trouble.join("\n")}`);
}
