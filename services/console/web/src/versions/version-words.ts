import type { VersionView } from "@groundswell/contracts";

import type { Tone } from "../card/tag.tsx";

export const CHAMPION = "champion";

const FROM: Record<VersionView["kind"], string> = {
  initial: "empty",
  online: "online",
  batch: "fine-tune",
};

export const fromWords = ({ kind }: Pick<VersionView, "kind">): string => FROM[kind];

const isChampion = ({ aliases }: Pick<VersionView, "aliases">): boolean =>
  aliases.includes(CHAMPION);

/** Whether the gate lets it serve; the server has the last word. */
export const promotable = (version: Pick<VersionView, "aliases" | "status">): boolean =>
  !isChampion(version) && (version.status === "ready" || version.status === "passed");

/** What is worth saying beside the number. */
export function standing(
  version: Pick<VersionView, "aliases" | "status" | "gate">,
): { tone: Tone; text: string; title?: string } | null {
  if (isChampion(version)) return { tone: "good", text: "champion" };
  const failed = version.gate?.checks.filter(({ passed }) => !passed) ?? [];
  switch (version.status) {
    case "passed":
      return { tone: "accent", text: "passed its gate" };
    case "refused":
      return {
        tone: "warn",
        text: "refused",
        title: failed.map(({ detail }) => detail).join("; "),
      };
    case "candidate":
      return { tone: "off", text: "not judged yet" };
    case "ready":
      return null;
  }
}
