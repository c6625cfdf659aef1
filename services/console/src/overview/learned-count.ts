import { countTaken, nextRebase, type Queries, takenExamples } from "@groundswell/db";

interface OfModel {
  projectId: string;
  modelId: string;
}

/**
 * How many examples a model has learned, each counted once, however often a promotion made a new
 * champion take it up again. Reads only the steps that it has not seen.
 */
export function createLearnedCount(model: OfModel) {
  let seen = 0;
  let total = 0;
  /** What a new champion did not know and takes up again. */
  let again = new Set<number>();

  const take = async (tx: Queries, through: number) => {
    const steps = { ...model, after: seen, through };
    if (again.size === 0) total += await countTaken(tx, steps);
    // A position leaves the set when it is taken up again.
    else for (const seq of await takenExamples(tx, steps)) if (!again.delete(seq)) total += 1;
    seen = through;
  };

  /** @param newest the last step to count; never less than before */
  return async (tx: Queries, newest: number): Promise<number> => {
    while (seen < newest) {
      const rebase = await nextRebase(tx, { ...model, after: seen, through: newest });
      if (!rebase) {
        await take(tx, newest);
        break;
      }
      await take(tx, rebase.step);
      const unknown = { ...model, after: rebase.knows, through: rebase.step };
      again = new Set(await takenExamples(tx, unknown));
    }
    return total;
  };
}
