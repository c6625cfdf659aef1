/**
 * Redis pub/sub channels between services. They only wake: what they speak of
 * is in PostgreSQL, and every reader also looks by itself now and then.
 */
export const CHANNELS = {
  /** A model's ledger has something new; the message is the model's id. */
  ledger: "groundswell:ledger",
  /** An alias moved or a model changed; the message is the model's id. */
  models: "groundswell:models",
  /** Weights of one model (binary frames of `models`' weight codec). */
  weights: (modelId: string) => `groundswell:weights:${modelId}`,
  /** A server asks the learner for the whole weights of a model. */
  weightsWanted: "groundswell:weights-wanted",
  /** A run was cancelled; the message is the run's id. */
  runs: "groundswell:runs",
} as const;

export const DEFAULT_PREFIX = "groundswell";

/**
 * Names of channels under the prefix of an installation, so that several can share one Redis
 * (tests do): the default prefix leaves them as they are.
 */
export function channelNames(prefix: string): (channel: string) => string {
  if (prefix === DEFAULT_PREFIX) return (channel) => channel;
  return (channel) => `${prefix}:${channel}`;
}
