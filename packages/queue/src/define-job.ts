import type { z } from "zod";

/** A kind of work that is put into a queue. A queue of the same name holds it. */
export interface Job<Name extends string = string, Payload extends z.ZodType = z.ZodType> {
  /** Lower case and dashes: BullMQ refuses `:`. */
  name: Name;
  /** Old jobs outlive new code: a new field is optional first. */
  payload: Payload;
  /** How often it is tried before it is a dead letter. */
  attempts: number;
  /** Before the second try; doubled for each further one. */
  backoffMs: number;
  /** After this long its signal aborts. */
  timeoutMs: number;
}

export type PayloadOf<J extends Job> = z.output<J["payload"]>;

export const defineJob = <const Name extends string, Payload extends z.ZodType>(
  job: Job<Name, Payload>,
): Job<Name, Payload> => job;
