import { Forbidden } from "@groundswell/contracts";
import type { FastifyRequest } from "fastify";

/** Cookies know no ports: two installations of one machine would sign each other out. */
const nameFor = ({ headers }: FastifyRequest) =>
  `gs_session${/:(\d+)$/.exec(headers.host ?? "")?.[1] ?? ""}`;

export function sessionIn(request: FastifyRequest): string | undefined {
  const name = nameFor(request);
  for (const pair of (request.headers.cookie ?? "").split(";")) {
    const [key, value] = pair.trim().split("=", 2);
    if (key === name && value) return value;
  }
  return undefined;
}

/** No script reads it, no other site sends it. @param maxAgeS 0 takes it back */
export function sessionCookie(request: FastifyRequest, value: string, maxAgeS: number): string {
  // Only the browser knows how it came here, whatever proxies are between.
  const secure = request.headers.origin?.startsWith("https:") ? "; Secure" : "";
  return `${nameFor(request)}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeS}${secure}`;
}

/**
 * A cookie comes by itself, so what changes something has to come from our own page: SameSite lets
 * other ports of this host through.
 *
 * @throws Forbidden
 */
export function assertOwnPage({ headers }: FastifyRequest): void {
  const site = headers["sec-fetch-site"];
  // Browsers tell it only where the page is from https or this machine.
  if (site === undefined ? comesFrom(headers.origin) === headers.host : site === "same-origin")
    return;
  throw new Forbidden("do this with a cookie from another page than the dashboard");
}

function comesFrom(origin: string | undefined): string | undefined {
  return origin === undefined ? undefined : URL.parse(origin)?.host;
}
