/** What is asked of an entry: its position in the ledger, and whose it is. */
interface Remembered {
  seq: number;
  person: string;
}

/** The examples that were learned last and may be learned again, oldest first. */
export interface ReplayWindow<Entry extends Remembered> {
  readonly entries: readonly Entry[];
  /** How many persons' examples are in it. */
  readonly persons: number;
  /** Puts learned examples in; the oldest leave. */
  remember(learned: readonly Entry[], rules: WindowRules): void;
  /** Takes positions out that may not be learned from any more; unknown ones are no error. */
  drop(seqs: readonly number[]): void;
}

/**
 * By which rules a step was recorded; it is replayed by the same. 0: what is learned again is in the
 * window again, and nobody's share is bounded. 1: an example is in it once, and nobody has more
 * than their share.
 */
export type WindowRules = 0 | 1;

/** How much of one person is replayed. */
export interface Share {
  /** Entries of one person at most … */
  most: number;
  /** … once so many persons have some: a few alone may fill it. */
  from: number;
}

export function createReplayWindow<Entry extends Remembered>(
  most: number,
  share: Share,
  start: readonly Entry[] = [],
): ReplayWindow<Entry> {
  let entries = start.slice(-most);
  const own = countPersons(share.most, entries);

  const keep = (wanted: (entry: Entry) => boolean) => {
    entries = entries.filter((entry) => {
      const kept = wanted(entry);
      if (!kept) own.less(entry);
      return kept;
    });
  };
  const push = (learned: readonly Entry[]) => {
    for (const entry of learned) own.more(entry);
    entries.push(...learned);
  };
  /** Of whoever has more than their share, the oldest leave: going through from there, until it is no more. */
  const bound = () => {
    if (own.over.size > 0 && own.persons() >= share.from)
      keep(({ person }) => !own.over.has(person));
  };

  return {
    get entries() {
      return entries;
    },
    get persons() {
      return own.persons();
    },
    remember(learned, rules) {
      if (rules > 0) {
        const again = new Set(learned.map(({ seq }) => seq));
        if (entries.some(({ seq }) => again.has(seq))) keep(({ seq }) => !again.has(seq));
      }
      push(learned);
      if (rules > 0) bound();
      for (const entry of entries.splice(0, Math.max(0, entries.length - most))) own.less(entry);
    },
    drop(seqs) {
      if (seqs.length === 0) return;
      const gone = new Set(seqs);
      keep(({ seq }) => !gone.has(seq));
    },
  };
}

/** Counts entries by person, and knows who has more than `most`. */
function countPersons(most: number, start: readonly Remembered[]) {
  const counts = new Map<string, number>();
  const over = new Set<string>();
  const count = (person: string, n: number) => {
    if (n === 0) counts.delete(person);
    else counts.set(person, n);
    if (n > most) over.add(person);
    else over.delete(person);
  };
  const more = ({ person }: Remembered) => count(person, (counts.get(person) ?? 0) + 1);
  const less = ({ person }: Remembered) => count(person, (counts.get(person) ?? 1) - 1);
  for (const entry of start) more(entry);
  return { more, less, over: over as ReadonlySet<string>, persons: () => counts.size };
}
