/** What was answered, and when it can be found again. */
export interface Answered<Row> {
  row: Row;
  /** Kept when the row is stored, or given up. Never rejects. */
  settled: Promise<void>;
}

/**
 * Answers each key once: a repetition gets what was found, or is being answered, or was answered
 * and is on its way to be stored.
 */
export function answerOnce<Row>(): (
  key: string,
  find: () => Promise<Row | undefined>,
  answer: () => Promise<Answered<Row>>,
) => Promise<Row> {
  const underWay = new Map<string, Promise<Row>>();

  return (key, find, answer) => {
    const known = underWay.get(key);
    if (known) return known;
    const forget = () => void underWay.delete(key);
    const answering = (async () => {
      const found = await find();
      if (found) {
        forget();
        return found;
      }
      const { row, settled } = await answer();
      void settled.then(forget);
      return row;
    })();
    underWay.set(key, answering);
    answering.catch(forget);
    return answering;
  };
}
