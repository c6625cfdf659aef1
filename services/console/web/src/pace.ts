import type { Pace } from "@groundswell/contracts";

const WORDS: Record<Pace, { short: string; long: string }> = {
  calm: { short: "learns calmly", long: "Publishes what it learned up to ten times a second" },
  eager: { short: "learns eagerly", long: "Publishes every step at once" },
  off: { short: "learning is off", long: "Feedback is kept in the ledger and not taken" },
};

export const paceWords = (pace: Pace): { short: string; long: string } => WORDS[pace];
