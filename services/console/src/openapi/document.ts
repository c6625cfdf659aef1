import { STATUS_CODES } from "node:http";

import { Problem, type Route, routes } from "@groundswell/contracts";
import { z } from "zod";

import { componentSchemas, type ComponentSchemas, type JsonSchema } from "./component-schemas.ts";

export interface OpenApiDocument {
  openapi: "3.1.0";
  info: Record<string, unknown>;
  tags: { name: string }[];
  security: Record<string, string[]>[];
  paths: Record<string, Record<string, unknown>>;
  components: Record<string, unknown>;
}

/** OpenAPI 3.1 of every public route of every service, from the route table of `contracts`. */
export function openApiDocument(): OpenApiDocument {
  const schemas = componentSchemas(routes);
  const paths: OpenApiDocument["paths"] = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route, schemas);
  }
  const responses = { Problem: problemResponse(schemas) };
  return {
    openapi: "3.1.0",
    info: {
      title: "Groundswell",
      version: "0.1.0",
      description:
        "Turns what users do with predictions into better models. Errors are problem+json " +
        "(RFC 9457): a `code` to rely on, and `issues` with the path of each bad field. " +
        "Lists are paged by `limit` and `cursor`.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    security: [{ bearer: [] }, { basic: [] }],
    paths,
    components: {
      schemas: schemas.components(),
      responses,
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "A key: `gs_sk_…` or `gs_wk_…`" },
        basic: { type: "http", scheme: "basic", description: "The key as the user name" },
      },
    },
  };
}

function operation(route: Route, schemas: ComponentSchemas): Record<string, unknown> {
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    ...(route.service === "console" && { description: "Needs a secret key (`gs_sk_…`)." }),
    parameters: [...pathParameters(route), ...queryParameters(route), ...headerParameters(route)],
    ...(route.body && {
      requestBody: {
        required: true,
        content: { "application/json": { schema: schemas.request(route.body) } },
      },
    }),
    responses: {
      [route.success.status]: successResponse(route, schemas),
      ...Object.fromEntries(
        problemsOf(route).map((status) => [status, { $ref: "#/components/responses/Problem" }]),
      ),
    },
  };
}

/** `GET /api/v1/models/:model/versions` → `getModelsVersions`; stable, as clients are made from it. */
function operationId({ method, path }: Route): string {
  const words = path
    .replace(/^\/(api\/)?v1\//, "")
    .split(/[/-]/)
    .map((word) => (word.startsWith(":") ? `By-${word.slice(1)}` : word))
    .join("-");
  return `${method.toLowerCase()}-${words}`.replaceAll(/-(\w)/g, (_, letter: string) =>
    letter.toUpperCase(),
  );
}

function pathParameters({ path }: Route): JsonSchema[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: name === "version" ? "integer" : "string" },
  }));
}

function queryParameters({ query }: Route): JsonSchema[] {
  if (!query) return [];
  const { properties = {} } = z.toJSONSchema(query, { io: "output" });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: "query", schema }));
}

function headerParameters({ headers = {} }: Route): JsonSchema[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: "header",
    description,
    schema: { type: "string" },
  }));
}

function problemsOf({ service, problems = [] }: Route): number[] {
  const all = [400, 401, 429, ...(service === "console" ? [403] : []), ...problems];
  return [...new Set(all)].toSorted((a, b) => a - b);
}

function successResponse({ success }: Route, schemas: ComponentSchemas): Record<string, unknown> {
  const { status, schema, contentType = "application/json" } = success;
  const description = STATUS_CODES[status] ?? "Success";
  if (!schema) return { description };
  const events = contentType === "text/event-stream";
  return {
    description: events
      ? "Server-sent events; the schema is that of each event's data"
      : description,
    content: { [contentType]: { schema: schemas.response(schema) } },
  };
}

function problemResponse(schemas: ComponentSchemas): Record<string, unknown> {
  return {
    description: "What went wrong, and where",
    headers: { "Retry-After": { schema: { type: "integer" }, description: "Whole seconds" } },
    content: { "application/problem+json": { schema: schemas.response(Problem) } },
  };
}
