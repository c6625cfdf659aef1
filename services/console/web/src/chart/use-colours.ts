import { useEffect, useState } from "preact/hooks";

const NAMES = ["accent", "warn", "dim", "line", "text", "card"] as const;
export type Colours = Record<(typeof NAMES)[number], string>;

/** A canvas knows no custom properties: the tokens as they are drawn now, in light or dark. */
function readColours(): Colours {
  const probe = document.body.appendChild(document.createElement("span"));
  const entries = NAMES.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  return Object.fromEntries(entries) as Colours;
}

export function useColours(): Colours {
  const [colours, setColours] = useState(readColours);
  useEffect(() => {
    const renew = () => setColours(readColours());
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const theme = new MutationObserver(renew);
    scheme.addEventListener("change", renew);
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      scheme.removeEventListener("change", renew);
      theme.disconnect();
    };
  }, []);
  return colours;
}
