import { routes, type Service } from "@groundswell/contracts";
import type { FastifyInstance } from "fastify";
import { expect, test } from "vitest";

import { build } from "./services-under-test.ts";

/** `GET /a/:b` of every public route that is registered. */
function registered(app: FastifyInstance): string[] {
  const path: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split("\n")
    .flatMap((line) => {
      const [, indent = "", rest = ""] = /^((?:│ {3}| {4})*)[├└]── (.*)$/.exec(line) ?? [];
      const [, segment = "", methods = ""] = /^(.*?)(?: \(([A-Z, ]+)\))?$/.exec(rest) ?? [];
      path.splice(indent.length / 4, Infinity, segment);
      const url = path.join("");
      return methods ? methods.split(", ").map((method) => `${method} ${url}`) : [];
    })
    .filter((route) => /^(GET|POST|PUT|PATCH|DELETE) \/(api|v1)\//.test(route));
}

test.each(Object.keys(build) as Service[])(
  "%s answers its part of the route table, and nothing else",
  async (service) => {
    const app = await build[service]();
    await app.ready();
    const wanted = routes.filter((route) => route.service === service);
    const found = registered(app);
    await app.close();
    expect(found.toSorted()).toEqual(
      wanted.map(({ method, path }) => `${method} ${path}`).toSorted(),
    );
  },
);
