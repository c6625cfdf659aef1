import { existsSync } from "node:fs";
import { join } from "node:path";

import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply } from "fastify";

/** Everything comes from this origin, and nothing is evaluated: a text that a user typed stays a text. */
const PAGE_HEADERS = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Groundswell</title>
<h1>The dashboard is not built</h1>
<p>Build it with <code>pnpm --filter @groundswell/web build</code> and start this service again;
<code>pnpm start</code> does both. The API works without it: see <a href="/docs">/docs</a>.</p>
</html>
`;

/** The dashboard at `/`, as it was built into `folder`. Without a build, a page that says so. */
export async function addWebPage(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(join(folder, "index.html"))) {
    app.get("/", async (_request, reply) => sendPage(reply.code(503), NOT_BUILT));
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    // Each file a route of its own: what is not a file stays a 404 in the API's words.
    wildcard: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      reply.headers(PAGE_HEADERS);
      // Only names with a hash in them never change.
      const forever = /-[\w-]{8,}\.\w+$/.test(path);
      reply.header("cache-control", forever ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
}

function sendPage(reply: FastifyReply, html: string): FastifyReply {
  return reply.headers(PAGE_HEADERS).type("text/html; charset=utf-8").send(html);
}
