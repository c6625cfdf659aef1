import type { IncomingMessage } from "node:http";

/** Where one public route leads; the route table of `contracts` is a list of these. */
interface DoorRoute {
  method: string;
  /** Parameters as `:name`. */
  path: string;
  service: string;
  success?: { contentType?: string };
}

export interface Way {
  origin: string;
  /** Its answer lasts as long as there is something to tell. */
  stream: boolean;
}

export interface DoorRoutesOptions {
  routes: readonly DoorRoute[];
  /** Origin of each service, such as `http://127.0.0.1:4001`. */
  upstreams: Readonly<Record<string, string>>;
  /** The service that answers everything else (pages, documents, unknown paths): by default `console`. */
  otherwise?: string;
}

type Node = { below: Map<string, Node>; ways: Map<string, Way> };

/**
 * Finds the way of a request by the segments of its path as they were sent: what is written with
 * per cent signs or dots is a parameter like any other, for its service to read.
 */
export function doorRoutes({ routes, upstreams, otherwise = "console" }: DoorRoutesOptions) {
  const originOf = (service: string) => {
    const origin = upstreams[service];
    if (origin === undefined) throw new Error(`the door knows no address of ${service}`);
    return origin;
  };
  const fallback: Way = { origin: originOf(otherwise), stream: false };
  const root: Node = { below: new Map(), ways: new Map() };
  for (const { method, path, service, success } of routes) {
    const stream = success?.contentType === "text/event-stream";
    nodeFor(root, path).ways.set(method, { origin: originOf(service), stream });
  }
  return (method: string, path: string): Way =>
    find(root, path.split("/").slice(1))?.ways.get(method) ?? fallback;
}

const PARAMETER = ":";

function nodeFor(root: Node, path: string): Node {
  let at = root;
  for (const segment of path.split("/").slice(1)) {
    const name = segment.startsWith(":") ? PARAMETER : segment;
    const next = at.below.get(name) ?? { below: new Map(), ways: new Map() };
    at.below.set(name, next);
    at = next;
  }
  return at;
}

function find(root: Node, segments: readonly string[]): Node | undefined {
  let at: Node | undefined = root;
  for (const segment of segments)
    at = at?.below.get(segment) ?? (segment === "" ? undefined : at?.below.get(PARAMETER));
  return at;
}

/** A browser's preflight and a HEAD belong to who answers the request that they are about. */
export function effectiveMethod({ method = "GET", headers }: IncomingMessage): string {
  if (method === "HEAD") return "GET";
  const announced = headers["access-control-request-method"];
  return method === "OPTIONS" && announced ? announced : method;
}

/**
 * The target in origin form, byte for byte: `http://host/path` (RFC 9112 §3.2.2) loses its front.
 *
 * @returns undefined for `*` and what is no target of an HTTP request to us
 */
export function targetOf(url: string): string | undefined {
  const target = url.replace(/^https?:\/\/[^/?#]*/i, "");
  if (target.startsWith("/")) return target;
  return target !== url && (target === "" || target.startsWith("?")) ? `/${target}` : undefined;
}
