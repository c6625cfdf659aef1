import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import fastifyPlugin from "fastify-plugin";

import { openApiDocument } from "./openapi/document.ts";

declare module "fastify" {
  interface FastifyInstance {
    swagger: (options?: { yaml?: boolean }) => object | string;
  }
}

/** The page brings everything along: no request leaves this origin. Its styles are set by script. */
const DOCS_CSP = [
  "default-src 'self'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** `/openapi.json`, and `/docs` to read and try it. */
export async function addDocs(app: FastifyInstance): Promise<void> {
  const document = openApiDocument();
  app.get("/openapi.json", async () => document);
  // swagger-ui wants a document from a plugin of this name; ours comes from the route table.
  await app.register(
    fastifyPlugin(
      async (instance: FastifyInstance) => {
        // JSON is YAML, too.
        instance.decorate("swagger", ({ yaml = false } = {}) =>
          yaml ? JSON.stringify(document, null, 2) : document,
        );
      },
      { name: "@fastify/swagger" },
    ),
  );
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: DOCS_CSP,
    uiConfig: { url: "/openapi.json", docExpansion: "list", persistAuthorization: false },
    theme: { title: "Groundswell API" },
  });
}
