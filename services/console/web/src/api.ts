import type {
  AliasView as AliasSchema,
  DeploymentView as DeploymentSchema,
  LiveRow,
  ModelView,
  Overview,
  RunView,
  VersionView,
} from "@groundswell/contracts";

import { type ApiProblem, asProblem, problemOf } from "./asking/problem.ts";

type Read<Schema extends { _output: unknown }> = Schema["_output"];
export type AliasView = Read<typeof AliasSchema>;
export type DeploymentView = Read<typeof DeploymentSchema>;

/** A page of a list; `next_cursor` asks for the next one. */
interface Page<Row> {
  data: Row[];
  next_cursor: string | null;
}

interface PageOptions {
  limit: number;
  cursor?: string | undefined;
}

/** The part of the control API that the dashboard uses. Every method throws `ApiProblem`. */
export interface Api {
  models: (page: PageOptions, signal?: AbortSignal) => Promise<Page<ModelView>>;
  overview: (model: string, signal?: AbortSignal) => Promise<Overview>;
  live: (model: string, limit: number, signal?: AbortSignal) => Promise<LiveRow[]>;
  versions: (model: string, page: PageOptions, signal?: AbortSignal) => Promise<Page<VersionView>>;
  champion: (model: string, signal?: AbortSignal) => Promise<AliasView>;
  deployments: (
    model: string,
    page: PageOptions,
    signal?: AbortSignal,
  ) => Promise<Page<DeploymentView>>;
  promote: (model: string, version: number, seen: AliasView) => Promise<AliasView>;
  rollBack: (model: string) => Promise<AliasView>;
  runs: (model: string, page: PageOptions, signal?: AbortSignal) => Promise<Page<RunView>>;
  startRun: (model: string) => Promise<RunView>;
  cancelRun: (model: string, run: string) => Promise<RunView>;
  /** The open stream of a run's events (SSE), after `lastEventId`. */
  runEvents: (
    model: string,
    run: string,
    lastEventId: string | null,
    signal: AbortSignal,
  ) => Promise<Response>;
}

export interface ApiOptions {
  /** Called where the session is over, before the method throws. */
  refused: (problem: ApiProblem) => void;
}

const TIMEOUT_MS = 10_000;

interface Sent {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** A stream stays open for as long as it lasts. */
  stream?: boolean;
}

/** Signed in by a cookie that the browser sends by itself. */
export function createApi({ refused }: ApiOptions): Api {
  async function send(path: string, { method = "GET", body, headers, signal, stream }: Sent = {}) {
    const signals = [signal, stream ? undefined : AbortSignal.timeout(TIMEOUT_MS)];
    const response = await fetch(`/api/v1${path}`, {
      method,
      cache: "no-store",
      headers: {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any(signals.filter((one) => one !== undefined)),
    }).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      throw asProblem(error);
    });
    if (response.ok) return response;
    const problem = await problemOf(response);
    if (problem.status === 401) refused(problem);
    throw problem;
  }
  async function ask<Answer>(path: string, sent?: Sent): Promise<Answer> {
    const response = await send(path, sent);
    return (await response.json()) as Answer;
  }
  return { ...readers(ask), ...actions(ask), runEvents: streamOf(send) };
}

type Ask = <Answer>(path: string, sent?: Sent) => Promise<Answer>;

const of = (model: string) => `/models/${encodeURIComponent(model)}`;

function query({ limit, cursor }: PageOptions): string {
  const values = new URLSearchParams({ limit: String(limit) });
  if (cursor !== undefined) values.set("cursor", cursor);
  return `?${values.toString()}`;
}

const readers = (ask: Ask) => ({
  models: (page: PageOptions, signal?: AbortSignal) =>
    ask<Page<ModelView>>(`/models${query(page)}`, { signal }),
  overview: (model: string, signal?: AbortSignal) =>
    ask<Overview>(`${of(model)}/overview`, { signal }),
  live: async (model: string, limit: number, signal?: AbortSignal) => {
    const rows = await ask<{ data: LiveRow[] }>(`${of(model)}/live?limit=${limit}`, { signal });
    return rows.data;
  },
  versions: (model: string, page: PageOptions, signal?: AbortSignal) =>
    ask<Page<VersionView>>(`${of(model)}/versions${query(page)}`, { signal }),
  champion: (model: string, signal?: AbortSignal) =>
    ask<AliasView>(`${of(model)}/aliases/champion`, { signal }),
  deployments: (model: string, page: PageOptions, signal?: AbortSignal) =>
    ask<Page<DeploymentView>>(`${of(model)}/deployments${query(page)}`, { signal }),
  runs: (model: string, page: PageOptions, signal?: AbortSignal) =>
    ask<Page<RunView>>(`${of(model)}/training-runs${query(page)}`, { signal }),
});

const actions = (ask: Ask) => ({
  promote: (model: string, version: number, seen: AliasView) =>
    ask<AliasView>(`${of(model)}/aliases/${encodeURIComponent(seen.alias)}`, {
      method: "PUT",
      body: { version, reason: "promoted in the dashboard" },
      headers: { "if-match": `"${seen.revision}"` },
    }),
  rollBack: (model: string) =>
    ask<AliasView>(`${of(model)}/rollback`, {
      method: "POST",
      body: { reason: "rolled back in the dashboard" },
    }),
  startRun: (model: string) =>
    ask<RunView>(`${of(model)}/training-runs`, { method: "POST", body: {} }),
  cancelRun: (model: string, run: string) =>
    ask<RunView>(`${of(model)}/training-runs/${run}/cancel`, { method: "POST" }),
});

const streamOf =
  (send: (path: string, sent: Sent) => Promise<Response>): Api["runEvents"] =>
  (model, run, lastEventId, signal) =>
    send(`${of(model)}/training-runs/${run}/events`, {
      headers: {
        accept: "text/event-stream",
        ...(lastEventId !== null && { "last-event-id": lastEventId }),
      },
      signal,
      stream: true,
    });
