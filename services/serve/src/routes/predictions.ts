import {
  keyInAuthorization,
  type PredictionAnswer,
  PredictionRequest,
  Unauthorized,
} from "@groundswell/contracts";
import type { FindCaller } from "@groundswell/db";
import type { FastifyInstance, FastifyRequest } from "fastify";

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
  const authenticate = async ({ headers }: FastifyRequest) => {
    const key = keyInAuthorization(headers.authorization);
    const caller = key === undefined ? undefined : await findCaller(key);
    if (!caller) throw new Unauthorized();
    return caller;
  };
  app.post<{ Params: { model: string } }>(
    "/api/v1/models/:model/predictions",
    // A stranger is told so before the body is read.
    { onRequest: async (request) => void (await authenticate(request)) },
    async (request, reply) => {
      return predict({
        caller: await authenticate(request),
        name: request.params.model,
        body: PredictionRequest.parse(request.body),
        elapsedMs: () => reply.elapsedTime,
      });
    },
  );
}
