import { duration } from "./measures.ts";

/** `02:46:03` on the reader's clock. */
export const clockTime = (at: Date, timeZone?: string): string =>
  new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZone,
  }).format(at);

/** `25 Nov 2026, 02:46:03 GMT+1 (Europe/Berlin)`: for a title, where the zone matters. */
export function fullTime(at: Date, timeZone?: string): string {
  const format = new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "shortOffset",
    timeZone,
  });
  return `${format.format(at)} (${format.resolvedOptions().timeZone})`;
}

/** `just now`, `41 s ago`, `3 min ago`, `2 d ago`; clocks differ, so the future is now, too. */
export function ago(at: Date, now: Date): string {
  const ms = now.getTime() - at.getTime();
  if (ms < 2_000) return "just now";
  if (ms < 60_000) return `${Math.round(ms / 1_000)} s ago`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ago`;
  if (ms < 172_800_000) return `${Math.floor(ms / 3_600_000)} h ago`;
  return `${duration(ms).split(" ").slice(0, 2).join(" ")} ago`;
}
