import type { Caller } from "@groundswell/db";
import type { EnvelopeHead, Speaker } from "@groundswell/feedback";
import type { FastifyRequest } from "fastify";

/** Who says what a request says. */
export function speakerOf(caller: Caller, request: FastifyRequest, receivedAt: Date): Speaker {
  const { kind, keyId, clientConsent, pseudonymKey } = caller;
  const gpc = request.headers["sec-gpc"] === "1";
  return { key: { kind, id: keyId }, gpc, clientConsent, pseudonymKey, receivedAt };
}

/** What of it is kept with the request, for the worker to judge by the same rule. */
export function headOf({ key, gpc }: Speaker): Pick<EnvelopeHead, "key" | "keyId" | "gpc"> {
  return { key: key.kind, ...(key.id !== null && { keyId: key.id }), ...(gpc && { gpc: true }) };
}
