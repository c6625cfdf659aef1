import type { Browser } from "playwright-core";
import { afterEach, expect, test } from "vitest";

import { openBrowser } from "./chromium.ts";

let browser: Browser | undefined;
afterEach(() => browser?.close());

test("a page renders, and a second one after the first is closed", async (context) => {
  const opened = await openBrowser();
  if (!opened.browser) return context.skip(opened.reason);
  browser = opened.browser;
  for (const word of ["first", "second"]) {
    const page = await browser.newPage({ locale: "en-US" });
    await page.setContent(`<h1>${word}</h1><script>document.title = navigator.language</script>`);
    expect(await page.getByRole("heading").textContent()).toBe(word);
    expect(await page.title()).toBe("en-US");
    await page.close();
  }
});
