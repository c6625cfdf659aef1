import type { ModelView } from "@groundswell/contracts";

import type { Api } from "../api.ts";

const PER_PAGE = 100;

export interface Models {
  models: ModelView[];
  /** Whether there are more pages. */
  more: boolean;
}

/** The first `pages` pages of models. */
export async function allModels(
  api: Pick<Api, "models">,
  pages: number,
  signal: AbortSignal,
): Promise<Models> {
  const models: ModelView[] = [];
  let cursor: string | null | undefined;
  for (let page = 0; page < pages && cursor !== null; page += 1) {
    const answer = await api.models({ limit: PER_PAGE, cursor }, signal);
    models.push(...answer.data);
    cursor = answer.next_cursor;
  }
  return { models, more: cursor !== null };
}
