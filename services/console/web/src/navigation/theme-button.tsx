import { useEffect, useState } from "preact/hooks";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const NAME = "groundswell.theme";

const stored = (): Theme =>
  THEMES.find((theme) => theme === localStorage.getItem(NAME)) ?? "system";

/** As the system is, or always light, or always dark. */
export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(stored);
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
    localStorage.setItem(NAME, theme);
  }, [theme]);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
  return (
    <button type="button" title={`Change to ${next}`} onClick={() => setTheme(next)}>
      Theme: {theme}
    </button>
  );
}
