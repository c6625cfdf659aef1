import { setTimeout as delay } from "node:timers/promises";

import {
  ConsentState,
  FeedbackResults,
  PredictionAnswer,
  type PredictionRequest,
} from "@groundswell/contracts";
import { Pool } from "undici";
import type { z } from "zod";

import { refusalOf, Refused } from "./problem.ts";

export interface ClientOptions {
  /** Such as `http://127.0.0.1:8080`. */
  origin: string;
  key: string;
  /** For how long a request is tried again where that may help. */
  patienceMs?: number;
  /**
   * Told of each try that had no answer, or one by a door whose service was gone (502 to 504):
   * whether it took effect is not known.
   */
  onUnanswered?: (request: string) => void;
}

interface Call {
  method?: "GET" | "POST" | "PUT";
  /** Sent as JSON, a string as it is. */
  body?: unknown;
  headers?: Record<string, string>;
  /** False where a second try might do something twice. */
  retry?: boolean;
}

export interface Answer<T> {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: T;
}

export interface Client {
  /** @throws Refused where the platform says no, or does not recover within the patience */
  call: <Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    call?: Call,
  ) => Promise<Answer<z.output<Schema>>>;
  /** As `call`; undefined for what does not exist (404). */
  find: <Schema extends z.ZodType>(
    path: string,
    schema: Schema,
  ) => Promise<Answer<z.output<Schema>> | undefined>;
  /** The answer as it comes, for streams. */
  open: (path: string, headers?: Record<string, string>) => Promise<Response>;
  predict: (model: string, request: PredictionRequest) => Promise<PredictionAnswer>;
  /** One item, or `{items}`. */
  feedback: (body: unknown) => Promise<FeedbackResults>;
  consent: (subject: string, agrees: boolean, at: Date) => Promise<ConsentState>;
  /** Ends its connections. */
  close: () => Promise<void>;
}

const WORTH_ANOTHER_TRY = new Set([408, 429, 502, 503, 504]);
const ANSWER_WITHIN_MS = 20_000;

const CONNECTIONS = 64;

/** Speaks the platform's HTTP API with one key. */
export function connect(options: ClientOptions): Client {
  const sender = {
    ...options,
    // A request of `fetch` costs several times as much: with hundreds a second the app would take
    // the processor from the platform beside it.
    pool: new Pool(options.origin, {
      connections: CONNECTIONS,
      headersTimeout: ANSWER_WITHIN_MS,
      bodyTimeout: ANSWER_WITHIN_MS,
    }),
  };
  const call: Client["call"] = async (path, schema, request = {}) => {
    const { status, headers, body } = await send(sender, path, request);
    if (status >= 300) throw refusalOf(`${request.method ?? "GET"} ${path}`, status, body);
    return { status, headers, body: schema.parse(JSON.parse(body)) };
  };
  const post = async <Schema extends z.ZodType>(path: string, schema: Schema, body: unknown) =>
    (await call(path, schema, { method: "POST", body })).body;

  return {
    call,
    async find(path, schema) {
      try {
        return await call(path, schema);
      } catch (error) {
        if (error instanceof Refused && error.status === 404) return undefined;
        throw error;
      }
    },
    async open(path, headers = {}) {
      const response = await fetch(options.origin + path, {
        headers: { ...headers, authorization: `Bearer ${options.key}` },
      });
      if (!response.ok) throw refusalOf(`GET ${path}`, response.status, await response.text());
      return response;
    },
    predict: (model, request) =>
      post(`/api/v1/models/${model}/predictions`, PredictionAnswer, request),
    feedback: (body) => post("/api/v1/feedback", FeedbackResults, body),
    consent: (subject, agrees, at) =>
      post(`/api/v1/subjects/${encodeURIComponent(subject)}/consents`, ConsentState, {
        purposes: { model_training: agrees },
        occurred_at: at.toISOString(),
        method: "settings page",
      }),
    close: () => sender.pool.close(),
  };
}

interface Sender extends ClientOptions {
  pool: Pool;
}

/** Tries until there is an answer that another try would not better, or patience ends. */
async function send(sender: Sender, path: string, request: Call): Promise<Answer<string>> {
  const { patienceMs = 30_000, onUnanswered } = sender;
  const deadline = performance.now() + patienceMs;
  for (let tries = 0; ; tries++) {
    const late = request.retry === false || performance.now() > deadline;
    try {
      const answer = await once(sender, path, request);
      if (late || !WORTH_ANOTHER_TRY.has(answer.status)) return answer;
      if (answer.status >= 502) onUnanswered?.(nameOf(path, request));
      await delay(Math.max(retryAfterMs(answer), backOffMs(tries)));
    } catch (error) {
      if (late) throw error;
      onUnanswered?.(nameOf(path, request));
      await delay(backOffMs(tries));
    }
  }
}

const nameOf = (path: string, { method = "GET" }: Call) => `${method} ${path}`;

const backOffMs = (tries: number) => Math.min(50 * 2 ** tries, 1_000);
const retryAfterMs = ({ headers }: Answer<string>) => 1_000 * Number(headers["retry-after"] ?? 0);

async function once(
  { pool, key }: Sender,
  path: string,
  { method = "GET", body, headers }: Call,
): Promise<Answer<string>> {
  const response = await pool.request({
    path,
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.body.text();
  return { status: response.statusCode, headers: response.headers, body: text };
}
