import type { ModelPut } from "@groundswell/contracts";
import type { z } from "zod";

/** One thing that users look at, and what it really is. */
export interface Sample {
  /** As the model's recipe takes it. */
  inputs: Record<string, unknown>;
  label: string;
}

/** A product app as far as its users matter here. */
export interface App {
  /** What it does, in a few words. */
  title: string;
  model: string;
  settings: z.input<typeof ModelPut>;
  /** What its users meet, in this order. */
  traffic: readonly Sample[];
  /** Samples that the platform meets only when it is examined. */
  exam: readonly Sample[];
  users: number;
  /** For people: `digits`, `messages`. */
  things: string;
}
