import type { Page } from "playwright-core";

const CONTROLS =
  "button, a[href], input, select, textarea, [role=img], [role=region], dialog, table";

/** What a screen reader would have no words for. */
export function nameless(page: Page): Promise<string[]> {
  return page.evaluate((selector) => {
    const byId = (id: string) => document.getElementById(id)?.textContent ?? "";
    const nameOf = (element: Element) =>
      element.getAttribute("aria-label") ??
      element.getAttribute("aria-labelledby")?.split(" ").map(byId).join(" ") ??
      (element instanceof HTMLInputElement
        ? [...(element.labels ?? [])].map((label) => label.textContent).join(" ")
        : (element.textContent ?? ""));
    return [...document.querySelectorAll(selector)]
      .filter((element) => nameOf(element).trim() === "")
      .map((element) => element.outerHTML.slice(0, 120));
  }, CONTROLS);
}

/** What can be reached by the keyboard and what the Tab key reached, in one round; both in order. */
export async function tabRound(page: Page): Promise<{ reachable: string[]; reached: string[] }> {
  const reachable = await page.evaluate(() => {
    const focusable = "a[href], button:not(:disabled), input, [tabindex='0']";
    const name = (element: Element, i: number) =>
      `${i}: ${element.getAttribute("aria-label") ?? element.textContent?.slice(0, 40) ?? ""}`;
    const scope = document.querySelector("dialog[open]") ?? document;
    const shown = [...scope.querySelectorAll(focusable)].filter((element) =>
      element.checkVisibility(),
    );
    shown.forEach((element, i) => element.setAttribute("data-round", name(element, i)));
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    return shown.map((element) => element.getAttribute("data-round") ?? "");
  });
  const reached: string[] = [];
  for (let pressed = 0; pressed < reachable.length + 2; pressed += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => document.activeElement?.getAttribute("data-round"));
    if (typeof at === "string" && !reached.includes(at)) reached.push(at);
  }
  return { reachable, reached };
}

/** Texts with less contrast than WCAG 2.2 asks for (1.4.3: 4.5 to 1); disabled controls are exempt. */
export function faint(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    type Rgb = [number, number, number];
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    // The canvas reads any colour there is, and paints it over what lies below.
    const over = (colour: string, [r, g, b]: Rgb): Rgb => {
      if (!canvas) throw new Error("no canvas");
      canvas.fillStyle = `rgb(${r} ${g} ${b})`;
      canvas.fillRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return [red, green, blue];
    };
    const behind = (element: Element | null): Rgb =>
      element
        ? over(getComputedStyle(element).backgroundColor, behind(element.parentElement))
        : [255, 255, 255];
    const luminance = (rgb: Rgb) => {
      const [r = 0, g = 0, b = 0] = rgb.map((level) =>
        level <= 10 ? level / 3294 : ((level / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const faintTexts: string[] = [];
    for (const element of document.querySelectorAll("body *")) {
      const own = [...element.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE);
      const text = own
        .map(({ textContent }) => textContent)
        .join("")
        .trim();
      if (text === "" || !element.checkVisibility() || element.matches("script, :disabled"))
        continue;
      const ground = behind(element);
      const ink = over(getComputedStyle(element).color, ground);
      const [dark = 0, bright = 0] = [luminance(ground), luminance(ink)].toSorted((a, b) => a - b);
      const ratio = (bright + 0.05) / (dark + 0.05);
      if (ratio < 4.5) faintTexts.push(`${text.slice(0, 40)}: ${ratio.toFixed(2)}`);
    }
    return faintTexts;
  });
}
