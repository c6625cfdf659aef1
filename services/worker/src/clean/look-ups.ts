import { findPredictions, holdConsents, holdSubjects, type Queries } from "@groundswell/db";
import type { FeedbackValue, PredictionFacts } from "@groundswell/feedback";

/** What has to be known to judge feedback, read once and in bulk within one transaction. */
export interface LookUps {
  /** Reads what these need and is not known yet; holds the consents of their people. */
  load: (values: readonly Asked[]) => Promise<void>;
  predictionOf: (value: Asked) => PredictionFacts | undefined;
  mayTrain: (projectId: string, subjectId: string) => boolean | undefined;
}

type Asked = Pick<FeedbackValue, "projectId" | "predictionId" | "subjectId" | "itemConsent">;

/** The person of a feedback whose sender says yes: nothing may be stored of them that could be held. */
export function restsOnItem({
  projectId,
  subjectId,
  itemConsent,
}: Pick<Asked, "projectId" | "subjectId" | "itemConsent">) {
  return itemConsent && subjectId ? [{ projectId, subjectId }] : [];
}

const predictionKey = (value: Pick<Asked, "projectId" | "predictionId">) =>
  `${value.projectId} ${value.predictionId}`;
const subjectKey = (projectId: string, subjectId: string) => `${projectId} ${subjectId}`;

export function createLookUps(tx: Queries): LookUps {
  const predictions = new Map<string, PredictionFacts | undefined>();
  const consents = new Map<string, boolean | undefined>();

  const loadPredictions = async (values: readonly Asked[]) => {
    const wanted = new Map<string, Asked>();
    for (const value of values)
      if (!predictions.has(predictionKey(value))) wanted.set(predictionKey(value), value);
    if (wanted.size === 0) return;
    for (const key of wanted.keys()) predictions.set(key, undefined);
    for (const found of await findPredictions(tx, [...wanted.values()]))
      predictions.set(predictionKey(found), found);
  };

  const loadConsents = async (values: readonly Asked[]) => {
    const wanted = new Map<string, { projectId: string; subjectId: string }>();
    for (const value of values) {
      const subjectId = value.subjectId ?? predictions.get(predictionKey(value))?.subjectId;
      if (!subjectId) continue;
      const key = subjectKey(value.projectId, subjectId);
      if (!consents.has(key)) wanted.set(key, { projectId: value.projectId, subjectId });
    }
    if (wanted.size === 0) return;
    for (const key of wanted.keys()) consents.set(key, undefined);
    await holdSubjects(tx, values.flatMap(restsOnItem));
    for (const { projectId, subjectId, mayTrain } of await holdConsents(
      tx,
      [...wanted.values()],
      "share",
    ))
      consents.set(subjectKey(projectId, subjectId), mayTrain);
  };

  return {
    load: async (values) => {
      await loadPredictions(values);
      await loadConsents(values);
    },
    predictionOf: (value) => predictions.get(predictionKey(value)),
    mayTrain: (projectId, subjectId) => consents.get(subjectKey(projectId, subjectId)),
  };
}
