import { CHECKS, type Check, type End, type Outcome } from "./outcome.ts";
import type { Case } from "./suite.ts";

export interface Result {
  readonly of: Case;
  readonly check: Check;
  readonly outcome: Outcome;
}

const TITLES: { readonly [C in Check]: string } = {
  codec: "read + write",
  outputs: "outputs",
  newest: "brought up",
  inference: "inference",
  symbolic: "inference with N",
  known: "inputs known",
  gradient: "gradient",
};

const ENDS: readonly End[] = ["passed", "refused", "unknown", "failed"];

/** Group × check: how many ended in which way. */
export function tableOf(results: readonly Result[]): string {
  const groups = [...new Set(results.map(({ of }) => of.group))];
  const rows = [...groups, "all"].flatMap((group) => {
    const those = results.filter(({ of }) => group === "all" || of.group === group);
    return CHECKS.map((check) => {
      const outcomes = those.filter((result) => result.check === check);
      const counts = ENDS.map(
        (end) => outcomes.filter(({ outcome }) => outcome.end === end).length,
      );
      return [group, TITLES[check], ...counts.map(String)];
    });
  });
  return [["group", "check", ...ENDS], ...rows].map(lineOf).join("\n");
}

const lineOf = ([group = "", check = "", ...counts]: readonly string[]): string =>
  group.padEnd(20) + check.padEnd(18) + counts.map((count) => count.padStart(9)).join("");

/** How often each reason comes up, names aside, and in which checks; the most frequent first. */
export function reasonsOf(results: readonly Result[], end: End): string {
  const those = results.filter(({ outcome }) => outcome.end === end);
  const byReason = Map.groupBy(those, ({ outcome }) => withoutNames(outcome.reason));
  return [...byReason]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([reason, found]) => {
      const titles = CHECKS.filter((check) => found.some((result) => result.check === check));
      const models = new Set(found.map(({ of }) => of)).size;
      return `${String(models).padStart(6)}  ${titles.map((check) => TITLES[check]).join(", ")}: ${reason}`;
    })
    .join("\n");
}

/** Names and shapes make one reason many; and what would help depends on them. */
const withoutNames = (reason: string): string =>
  reason
    .replace(/ It isn't needed where .*/, "")
    .replaceAll(/ ?\(node "[^"]*"\)| ?\(node [^)]*\)|(?<=[\s:(])'[^']*'|"[^"]*"|\[[^\]]*\]/g, "…");

export const failuresOf = (results: readonly Result[]): string =>
  results
    .filter(({ outcome }) => outcome.end === "failed")
    .map(({ of, check, outcome }) => `${of.group}/${of.name}: ${TITLES[check]}: ${outcome.reason}`)
    .toSorted()
    .join("\n");
