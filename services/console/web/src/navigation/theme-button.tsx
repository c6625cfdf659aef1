import { useState } from "preact/hooks";

import { storedTheme, storeTheme, THEMES } from "./theme.ts";

export function ThemeButton() {
  const [theme, setTheme] = useState(storedTheme);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
  const change = () => {
    storeTheme(next);
    setTheme(next);
  };
  return (
    <button type="button" title={`Change to ${next}`} onClick={change}>
      Theme: {theme}
    </button>
  );
}
