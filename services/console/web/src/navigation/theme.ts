export const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const NAME = "groundswell.theme";

export const storedTheme = (): Theme =>
  THEMES.find((theme) => theme === localStorage.getItem(NAME)) ?? "system";

/** As the system is, or always light, or always dark. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

export function storeTheme(theme: Theme): void {
  localStorage.setItem(NAME, theme);
  applyTheme(theme);
}
