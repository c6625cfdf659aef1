import type { SessionPost, SessionView } from "@groundswell/contracts";

import { asProblem, problemOf } from "./asking/problem.ts";

/** What a fragment of the address says: `#/models/digits`, `#code=…`, or both as `#/models/digits?code=…`. */
export interface Address {
  /** For one sign-in. */
  code: string | null;
  model: string | null;
}

const MODEL = /^\/models\/([^/?]+)/;

export function readAddress(hash: string): Address {
  const text = hash.replace(/^#/, "");
  const [path = "", query = ""] = text.startsWith("/") ? text.split("?") : ["", text];
  const model = MODEL.exec(path)?.[1];
  return { code: new URLSearchParams(query).get("code"), model: model ? decode(model) : null };
}

export const modelAddress = (name: string): string => `#/models/${encodeURIComponent(name)}`;

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // Somebody typed a lone per cent sign: no model has such a name, and the page says so.
    return part;
  }
}

/** Takes a code out of the address bar and its history. */
export function takeCodeFromAddress(page: Pick<Window, "location" | "history">): string | null {
  const { code, model } = readAddress(page.location.hash);
  if (code === null) return null;
  const { pathname, search } = page.location;
  page.history.replaceState(null, "", pathname + search + (model ? modelAddress(model) : ""));
  return code.trim();
}

/** The session is a cookie that no script can read: the server is asked. Each throws `ApiProblem`. */
export const session = {
  isOpen: async () => (await ask("GET")).signed_in,
  open: async (post: SessionPost) => void (await ask("POST", post)),
  end: async () => void (await ask("DELETE")),
};

async function ask(method: string, body?: SessionPost): Promise<SessionView> {
  const response = await fetch("/session", {
    method,
    cache: "no-store",
    ...(body && {
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  }).catch((error: unknown) => {
    throw asProblem(error);
  });
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as SessionView;
}
