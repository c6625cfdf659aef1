import {
  keyInAuthorization,
  type PredictionAnswer,
  PredictionRequest,
  Unauthorized,
} from "@groundswell/contracts";
import type { FindCaller } from "@groundswell/db";
import type { FastifyInstance } from "fastify";

import type { PredictQuestion } from "../predict.ts";

export interface PredictionRoutesDeps {
  findCaller: FindCaller;
  predict: (question: PredictQuestion) => Promise<PredictionAnswer>;
}

/** A write key may ask too: an app in a browser shows predictions. */
export function addPredictionRoutes(
  app: FastifyInstance,
  { findCaller, predict }: PredictionRoutesDeps,
): void {
  app.post<{ Params: { model: string } }>(
    "/api/v1/models/:model/predictions",
    async (request, reply) => {
      const key = keyInAuthorization(request.headers.authorization);
      const caller = key === undefined ? undefined : await findCaller(key);
      if (!caller) throw new Unauthorized();
      return predict({
        caller,
        name: request.params.model,
        body: PredictionRequest.parse(request.body),
        elapsedMs: () => reply.elapsedTime,
      });
    },
  );
}
