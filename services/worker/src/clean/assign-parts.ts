import {
  type Assignment,
  findAssignments,
  findSplitsOfLedger,
  holdPlaces,
  type ModelPerson,
  type Placed,
  type Queries,
  saveAssignments,
} from "@groundswell/db";
import { nextBlock, type PredictionFacts, type Split } from "@groundswell/feedback";

/** Somebody who is about to teach a model, and how that model shares its people out. */
export interface Newcomer extends ModelPerson {
  prediction: Pick<PredictionFacts, "splitSalt" | "examShare" | "validationShare">;
}

/** Which part of a model's data each person belongs to, read once and made where it is missing. */
export interface Parts {
  /** Places whoever is not placed yet, in the order in which they are given: that of first sight. */
  assign: (people: readonly Newcomer[]) => Promise<void>;
  splitOf: (projectId: string, modelId: string, subjectId: string) => Split | undefined;
}

const modelKey = (one: { projectId: string; modelId: string }) => `${one.projectId} ${one.modelId}`;
const personKey = (one: ModelPerson) => `${modelKey(one)} ${one.subjectId}`;

export function createParts(tx: Queries, now: Date): Parts {
  const known = new Map<string, Split>();
  const remember = (found: readonly Assignment[]) => {
    for (const one of found) known.set(personKey(one), one.split);
  };
  const unknown = (people: readonly Newcomer[]) => [
    ...new Map(
      people.filter((one) => !known.has(personKey(one))).map((one) => [personKey(one), one]),
    ).values(),
  ];

  return {
    splitOf: (projectId, modelId, subjectId) =>
      known.get(personKey({ projectId, modelId, subjectId })),
    async assign(people) {
      const asked = unknown(people);
      if (asked.length === 0) return;
      remember(await findAssignments(tx, asked));
      const newcomers = unknown(asked);
      if (newcomers.length === 0) return;
      const models = [...new Map(newcomers.map((one) => [modelKey(one), one])).values()];
      const placed = new Map((await holdPlaces(tx, models)).map((one) => [modelKey(one), one]));
      // Somebody else may have placed them while we waited.
      remember(await findAssignments(tx, newcomers));
      const still = unknown(newcomers);
      if (still.length === 0) return;
      const kept = new Map(
        (await findSplitsOfLedger(tx, still)).map((one) => [personKey(one), one.split]),
      );
      const made = still.map(({ prediction, ...person }): Assignment => {
        const place = placed.get(modelKey(person));
        if (!place) throw new Error(`Model ${person.modelId} has no places`);
        const { projectId, modelId, subjectId } = person;
        const split = takePlace(place, prediction, kept.get(personKey(person)));
        return { projectId, modelId, subjectId, split };
      });
      await saveAssignments(tx, [...placed.values()], made, now);
      remember(made);
    },
  };
}

/** @param kept where they were before places were recorded */
function takePlace(
  place: Placed,
  { splitSalt, examShare, validationShare }: Newcomer["prediction"],
  kept: Split | undefined,
): Split {
  const shares = { exam: examShare, validation: validationShare };
  if (kept === undefined && place.pending.length === 0)
    place.pending = nextBlock(splitSalt, shares, place.counts);
  const split = kept ?? place.pending.shift() ?? "train";
  place.counts = { ...place.counts, [split]: place.counts[split] + 1 };
  return split;
}
