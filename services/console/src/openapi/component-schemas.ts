import * as contracts from "@groundswell/contracts";
import type { Route } from "@groundswell/contracts";
import { z } from "zod";

export type JsonSchema = Record<string, unknown>;

export interface ComponentSchemas {
  /** What a client sends: fields with a default may be left out. */
  request: (schema: z.ZodType) => JsonSchema;
  /** What a client gets: more fields may come with time. */
  response: (schema: z.ZodType) => JsonSchema;
  /** The named schemas that the others refer to. */
  components: () => Record<string, JsonSchema>;
}

const AT = "#/components/schemas/";

/**
 * JSON schemas of everything that the routes speak. A schema that `contracts` exports is a component
 * under its name there; one that is put together in the route table stands where it is used.
 * Where sent and received forms differ, the sent one is `<Name>Input`.
 */
export function componentSchemas(routes: readonly Route[]): ComponentSchemas {
  const names = exportedNames();
  const bodies = routes.flatMap(({ body }) => body ?? []);
  const answers = [contracts.Problem, ...routes.flatMap(({ success }) => success.schema ?? [])];
  const sent = render(bodies, names, "input");
  const got = render(answers, names, "output");
  const used: Record<string, JsonSchema> = {};

  const take = (rendered: Rendered, nameOf: (name: string) => string, node: unknown): unknown =>
    mapRefs(node, (name) => {
      const as = nameOf(name);
      if (!(as in used)) {
        used[as] = {}; // a schema may refer to itself
        Object.assign(used[as], take(rendered, nameOf, rendered.named[name]));
      }
      return `${AT}${as}`;
    });
  const received = reachable(
    got,
    answers.map((schema) => place(got, names, schema)),
  );
  const inputName = (name: string) =>
    !received.has(name) || isShared(name, sent, got) ? name : `${name}Input`;
  const placed = (rendered: Rendered, nameOf: (name: string) => string) => (schema: z.ZodType) => {
    return take(rendered, nameOf, place(rendered, names, schema)) as JsonSchema;
  };
  return {
    request: placed(sent, inputName),
    response: placed(got, (name) => name),
    components: () =>
      Object.fromEntries(Object.entries(used).toSorted(([a], [b]) => a.localeCompare(b))),
  };
}

function exportedNames(): Map<z.ZodType, string> {
  const exported = Object.entries(contracts).flatMap(([name, value]) =>
    value instanceof z.ZodType ? [[value, name] as const] : [],
  );
  return new Map(exported);
}

interface Rendered {
  named: Record<string, JsonSchema>;
  unnamed: Map<z.ZodType, JsonSchema>;
}

function render(
  schemas: readonly z.ZodType[],
  names: ReadonlyMap<z.ZodType, string>,
  io: "input" | "output",
): Rendered {
  const registry = z.registry<{ id: string }>();
  for (const [schema, id] of names) registry.add(schema, { id });
  const unnamed = [...new Set(schemas)].filter((schema) => !names.has(schema));
  for (const [i, schema] of unnamed.entries()) registry.add(schema, { id: `unnamed ${i}` });
  const { schemas: rendered } = z.toJSONSchema(registry, {
    uri: (id) => `${AT}${id}`,
    io,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      // Safe integers are what JSON numbers of JavaScript are anyway.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      const { def } = zodSchema._zod;
      // The one that `contracts` has: a number that keeps its digits.
      if (def.type === "custom") jsonSchema.type = "number";
      if (io === "output" && def.type === "object") delete jsonSchema.additionalProperties;
    },
  });
  const plain = Object.fromEntries(
    Object.entries(rendered).map(([id, schema]) => [id, withoutHeader(schema)]),
  );
  return {
    named: plain,
    unnamed: new Map(unnamed.map((schema, i) => [schema, plain[`unnamed ${i}`] ?? {}])),
  };
}

/** A component is no document of its own. */
function withoutHeader(schema: JsonSchema): JsonSchema {
  const { $id: _id, $schema: _schema, ...rest } = schema;
  return rest;
}

/** A schema as it stands where it is used: by reference if it has a name. */
function place(rendered: Rendered, names: ReadonlyMap<z.ZodType, string>, schema: z.ZodType) {
  const name = names.get(schema);
  return name === undefined ? rendered.unnamed.get(schema) : { $ref: `${AT}${name}` };
}

/** Names of all schemas that `nodes` refer to, through others too. */
function reachable(rendered: Rendered, nodes: readonly unknown[]): Set<string> {
  const found = new Set<string>();
  const visit = (node: unknown) => {
    for (const name of refsOf(node)) {
      if (found.has(name)) continue;
      found.add(name);
      visit(rendered.named[name]);
    }
  };
  nodes.forEach(visit);
  return found;
}

/** Whether what is sent and what is received is the same, down to all that it refers to. */
function isShared(name: string, sent: Rendered, got: Rendered): boolean {
  const all = [name, ...reachable(sent, [sent.named[name]])];
  return all.every((one) => JSON.stringify(sent.named[one]) === JSON.stringify(got.named[one]));
}

function refsOf(node: unknown): string[] {
  const refs: string[] = [];
  mapRefs(node, (name) => {
    refs.push(name);
    return name;
  });
  return refs;
}

function mapRefs(node: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(node)) return node.map((inner) => mapRefs(inner, rename));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, inner]) =>
      key === "$ref" && typeof inner === "string"
        ? [key, rename(inner.slice(AT.length))]
        : [key, mapRefs(inner, rename)],
    ),
  );
}
