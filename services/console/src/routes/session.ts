import {
  Forbidden,
  SessionPost,
  type SessionView,
  SignInRefused,
  Unauthorized,
} from "@groundswell/contracts";
import {
  createSession,
  createSignInCode,
  endSession,
  type FindCaller,
  findSession,
  redeemSignInCode,
  withProject,
} from "@groundswell/db";
import type { FastifyInstance } from "fastify";

import type { ContractRoutes } from "../contract-routes.ts";
import type { ConsoleDeps } from "../deps.ts";
import { assertOwnPage, sessionCookie, sessionIn } from "../session-cookie.ts";

const CODE_MS = 2 * 60_000;
const SESSION_S = 12 * 60 * 60;

type SessionDeps = ConsoleDeps & { findCaller: FindCaller };

/** How a browser signs in (ADR 0012). A code is made with a secret key; `/session` is the dashboard's alone. */
export function sessionRoutes(
  app: FastifyInstance,
  { on }: ContractRoutes,
  deps: SessionDeps,
): void {
  const { database, clock } = deps;
  const random = () => deps.randomBytes(32).toString("base64url");

  on("POST /api/v1/sign-in-codes", async ({ caller, request }) => {
    // Else a session could go on for ever.
    if (request.headers.authorization === undefined)
      throw new Forbidden("make sign-in codes from a session");
    const now = clock();
    const code = random();
    const expiresAt = new Date(now + CODE_MS);
    await withProject(database, caller.projectId, (tx) =>
      createSignInCode(tx, caller, { code, now: new Date(now), expiresAt }),
    );
    return { code, expires_at: expiresAt.toISOString() };
  });

  app.get("/session", async (request): Promise<SessionView> => {
    const session = sessionIn(request);
    const open =
      session === undefined ? undefined : await findSession(database, session, new Date(clock()));
    return { signed_in: open !== undefined, expires_at: open?.expiresAt.toISOString() ?? null };
  });

  app.post("/session", async (request, reply): Promise<SessionView> => {
    assertOwnPage(request);
    const session = random();
    const now = new Date(clock());
    const expiresAt = new Date(now.getTime() + SESSION_S * 1_000);
    await openSession(deps, SessionPost.parse(request.body), { session, now, expiresAt });
    reply.header("set-cookie", sessionCookie(request, session, SESSION_S)).code(201);
    return { signed_in: true, expires_at: expiresAt.toISOString() };
  });

  app.delete("/session", async (request, reply): Promise<SessionView> => {
    assertOwnPage(request);
    const now = new Date(clock());
    const session = sessionIn(request);
    const open = session === undefined ? undefined : await findSession(database, session, now);
    if (session !== undefined && open) {
      const { projectId } = open.caller;
      await withProject(database, projectId, (tx) => endSession(tx, projectId, session, now));
    }
    reply.header("set-cookie", sessionCookie(request, "", 0));
    return { signed_in: false, expires_at: null };
  });
}

interface Opening {
  session: string;
  now: Date;
  expiresAt: Date;
}

const WHY = {
  used: "This address was used already: it signs in once",
  expired: "This address is older than two minutes",
  unknown: "This address is not one of ours, or from long ago",
} as const;

async function openSession(
  { database, findCaller }: SessionDeps,
  post: SessionPost,
  opening: Opening,
): Promise<void> {
  if ("code" in post) {
    const outcome = await redeemSignInCode(database, { code: post.code, ...opening });
    if (outcome !== "opened") throw new SignInRefused(WHY[outcome]);
    return;
  }
  const caller = await findCaller(post.key.trim());
  if (!caller) throw new Unauthorized();
  if (caller.kind !== "secret") throw new Forbidden("use the control API");
  await withProject(database, caller.projectId, (tx) => createSession(tx, caller, opening));
}
