/** The examples that were learned last and may be learned again, oldest first. */
export interface ReplayWindow<Entry extends { seq: number }> {
  readonly entries: readonly Entry[];
  /** Puts learned examples in; the oldest leave. */
  remember(learned: readonly Entry[]): void;
  /** Takes positions out that may not be learned from any more; unknown ones are no error. */
  drop(seqs: readonly number[]): void;
}

export function createReplayWindow<Entry extends { seq: number }>(
  most: number,
  start: readonly Entry[] = [],
): ReplayWindow<Entry> {
  let entries = start.slice(-most);
  return {
    get entries() {
      return entries;
    },
    remember(learned) {
      entries.push(...learned);
      if (entries.length > most) entries.splice(0, entries.length - most);
    },
    drop(seqs) {
      if (seqs.length === 0) return;
      const gone = new Set(seqs);
      entries = entries.filter(({ seq }) => !gone.has(seq));
    },
  };
}
