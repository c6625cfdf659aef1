import { openApiDocument } from "@groundswell/console";
import * as contracts from "@groundswell/contracts";
import { validate } from "@readme/openapi-parser";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";

const document = openApiDocument();
const { schemas } = document.components as { schemas: Record<string, Record<string, unknown>> };
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    operation: operation as {
      operationId: string;
      parameters: { name: string; in: string }[];
      responses: Record<string, unknown>;
    },
  })),
);

describe("the OpenAPI document", () => {
  test("is valid OpenAPI 3.1 for two validators", async () => {
    expect(document.openapi).toBe("3.1.0");
    // As a client gets it; the validators write into what they are given.
    const copy = () => JSON.parse(JSON.stringify(document));
    expect(await new Validator().validate(copy())).toEqual({ valid: true });
    expect(await validate(copy())).toMatchObject({ valid: true });
  });

  test("has every route of the table and no other", () => {
    const routes = contracts.routes.map(
      ({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`,
    );
    expect(operations.map(({ name }) => name).toSorted()).toEqual(routes.toSorted());
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("names its schemas as the contract does, and refers to none that is missing", () => {
    for (const name of Object.keys(schemas)) expect(contracts).toHaveProperty(name);
    expect(Object.keys(schemas)).toContain("FeedbackItem");
    const text = JSON.stringify(document);
    const refs = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
    expect(refs.length).toBeGreaterThan(20);
    for (const [, name] of refs) expect(schemas).toHaveProperty(name ?? "");
    expect(text).not.toMatch(/"\$(id|schema|defs)"/);
  });

  test("asks for what has no default, and allows answers to grow", () => {
    expect(schemas["ModelPut"]).toMatchObject({
      required: ["recipe", "classes"],
      additionalProperties: false,
    });
    expect(schemas["ModelView"]).not.toHaveProperty("additionalProperties");
  });

  test("tells the headers and parameters that mean something", () => {
    const parametersOf = (name: string) =>
      operations
        .find((one) => one.name === name)
        ?.operation.parameters.map((one) => `${one.in} ${one.name}`);
    expect(parametersOf("PUT /api/v1/models/{model}/aliases/{alias}")).toEqual([
      "path model",
      "path alias",
      "header If-Match",
    ]);
    expect(parametersOf("GET /api/v1/models")).toEqual(["query limit", "query cursor"]);
    expect(parametersOf("GET /api/v1/models/{model}/training-runs/{run}/events")).toContain(
      "header Last-Event-ID",
    );
  });
});
