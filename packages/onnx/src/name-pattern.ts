/** A name, with `*` for any run of characters, or a regular expression. */
export type NamePattern = string | RegExp;

export function matchesName(pattern: NamePattern, name: string): boolean {
  if (pattern instanceof RegExp) return name.search(pattern) >= 0;
  const parts = pattern.split("*").map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(name);
}

export const matchesAny = (patterns: readonly NamePattern[], name: string): boolean =>
  patterns.some((pattern) => matchesName(pattern, name));
