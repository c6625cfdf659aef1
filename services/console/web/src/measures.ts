import type { Proportion } from "@groundswell/contracts";

/** What the page says where nothing was measured yet. */
export const NOTHING = "–";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat("en", {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** `5,214` */
export const count = (n: number): string => whole.format(n);

/** `214`, below ten `9.3`, `0` */
export const rate = (perSecond: number): string =>
  perSecond === 0 || perSecond >= 9.95 ? whole.format(perSecond) : oneDigit.format(perSecond);

/** Of a share from 0 to 1: `88.1`. One that is not quite all or nothing never rounds to it. */
export function percent(share: number): string {
  if (share > 0 && share < 0.001) return "< 0.1";
  if (share < 1 && share > 0.999) return "> 99.9";
  return oneDigit.format(share * 100);
}

/** `79.8–86.2 %` */
export const interval = ({ low, high }: Pick<Proportion, "low" | "high">): string =>
  `${percent(low)}–${percent(high)} %`;

/** Percentage points with their sign: `+3.4`, `−0.2`. */
export function points(difference: number): string {
  const text = oneDigit.format(Math.abs(difference * 100));
  if (text === "0.0") return text;
  return (difference < 0 ? "−" : "+") + text;
}

/** A latency: `0.8 ms`, `41 ms`, `1.2 s`, `3 min 20 s`. */
export function latency(ms: number): string {
  if (ms < 9.95) return `${oneDigit.format(ms)} ms`;
  if (ms < 999.5) return `${whole.format(ms)} ms`;
  return duration(ms);
}

/** `2.6 s`, `41 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h` */
export function duration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 9.95) return `${oneDigit.format(seconds)} s`;
  const rounded = Math.round(seconds);
  if (rounded < 60) return `${rounded} s`;
  const minutes = Math.floor(rounded / 60);
  if (minutes < 60) return `${minutes} min ${two(rounded % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${two(minutes % 60)} min`;
  return `${whole.format(Math.floor(hours / 24))} d ${hours % 24} h`;
}

const two = (n: number) => String(n).padStart(2, "0");
const UNITS = ["bytes", "kB", "MB", "GB"] as const;

/** `3.4 MB` (powers of 1,000) */
export function bytes(n: number): string {
  const step = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(n || 1) / 3)));
  const value = n / 1_000 ** step;
  return `${step === 0 ? whole.format(value) : oneDigit.format(value)} ${UNITS[step] ?? "bytes"}`;
}
