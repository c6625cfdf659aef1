import { resolve } from "node:path";

import { expect, test } from "vitest";

import { complaints, type SourceFile, type Workspace } from "./rules.ts";
import { readWorkspace } from "./workspace.ts";

test("every import, text and name in the workspace keeps to the rules", () => {
  const workspace = readWorkspace(resolve(import.meta.dirname, "../.."));
  expect(workspace.files.length).toBeGreaterThan(50);
  expect(complaints(workspace)).toEqual([]);
});

const name = (folder: string) => `@groundswell/${folder.split("/").at(-1)}`;
const folders = [
  "packages/contracts",
  "packages/onnx",
  "packages/autograd",
  "packages/training",
  "packages/models",
  "packages/feedback",
  "packages/db",
  "packages/bootstrap",
  "services/serve",
  "services/worker",
  "services/console",
  "services/console/web",
  "examples/app",
  "test",
];

/** A small workspace in which every package declares every other, so that only the table forbids. */
function sample(files: SourceFile[], undeclared: string[] = []): Workspace {
  const declared = folders.map(name).filter((one) => !undeclared.includes(one));
  const packages = folders.map((folder) => ({ folder, name: name(folder), declared }));
  return { packages: [...packages, { folder: ".", name: "root", declared: [] }], files };
}

const planted: [path: string, text: string, complaint: RegExp][] = [
  ["packages/contracts/src/a.ts", `import { z } from "@groundswell/bootstrap";`, /may not/],
  ["packages/onnx/src/a.ts", `export * from "@groundswell/contracts";`, /may not/],
  ["packages/autograd/src/a.ts", `import "@groundswell/training";`, /may not/],
  ["packages/autograd/src/a.ts", `import type { X } from "@groundswell/contracts";`, /may not/],
  ["packages/training/src/a.ts", `const x = await import("@groundswell/models");`, /may not/],
  ["packages/training/src/a.ts", `import "@groundswell/db";`, /may not/],
  ["packages/feedback/src/a.ts", `let x: import("@groundswell/db").Store;`, /may not/],
  ["packages/db/src/a.ts", `import { type X } from "@groundswell/feedback";`, /only its types/],
  ["packages/db/src/a.ts", `import { x } from "@groundswell/models";`, /only its types/],
  ["services/serve/src/a.ts", `import "@groundswell/worker";`, /may not/],
  ["services/serve/src/a.test.ts", `import "@groundswell/worker";`, /may not/],
  ["services/serve/src/a.ts", `import "../../worker/src/b.ts";`, /reaches out/],
  ["services/console/src/a.ts", `import "../web/src/b.ts";`, /reaches out/],
  ["services/console/web/src/a.tsx", `import "@groundswell/db";`, /may not/],
  ["examples/app/src/a.ts", `import "@groundswell/feedback";`, /may not/],
  ["packages/training/src/a.ts", `import ort from "onnxruntime-node";`, /only packages\/onnx may/],
  ["services/serve/src/a.ts", `import { eq } from "drizzle-orm/sql";`, /only packages\/db may/],
  ["packages/models/src/a.ts", `const orm = require("drizzle-orm");`, /only packages\/db may/],
  ["services/serve/src/a.ts", "db.query(`select * from models where id = ${id}`);", /holds SQL/],
  ["services/serve/src/a.ts", `db.query("INSERT INTO models VALUES (1)");`, /holds SQL/],
  ["packages/models/src/a.ts", `db.query("update models set champion = 1");`, /holds SQL/],
  ["packages/models/src/a.ts", `export const url = process.env.DATABASE_URL;`, /process\.env/],
  ["services/serve/src/routes/a.ts", `const { PORT } = process.env;`, /process\.env/],
  ["packages/feedback/src/utils.ts", "", /names the drawer/],
  ["services/serve/src/helpers/dates.ts", "", /names the drawer/],
  ["packages/feedback/src/shared/index.ts", "", /names the drawer/],
];

test.each(planted)("%s with %s is caught", (path, text, complaint) => {
  expect(complaints(sample([{ path, text }]))).toEqual([expect.stringMatching(complaint)]);
});

test("an import that is not declared is caught", () => {
  const file = { path: "services/serve/src/a.ts", text: `import "@groundswell/models";` };
  expect(complaints(sample([file], ["@groundswell/models"]))).toEqual([
    "services/serve/src/a.ts: imports @groundswell/models: is not in its package.json",
  ]);
});

test("a dependency of the root, and a folder without a row, are caught", () => {
  const packages = [
    { folder: ".", name: "root", declared: ["@groundswell/new"] },
    { folder: "packages/new", name: "@groundswell/new", declared: [] },
  ];
  expect(complaints({ packages, files: [] })).toEqual([
    "package.json: the root depends on @groundswell/new",
    "packages/new: has no row in the table",
  ]);
});

const allowed: [path: string, text: string][] = [
  ["packages/db/src/a.ts", `import type { X } from "@groundswell/feedback";`],
  ["packages/db/src/a.ts", `import { eq } from "drizzle-orm"; db.query("select 1 from x");`],
  ["packages/onnx/src/a.ts", `import ort from "onnxruntime-node";`],
  ["packages/training/src/a.test.ts", `import "@groundswell/models"; db.query("delete from x");`],
  ["services/serve/src/a.ts", `import "@groundswell/models"; import "./b.ts"; import "node:fs";`],
  ["services/serve/src/config.ts", `export const config = readConfig(process.env);`],
  ["services/serve/src/a.ts", `say("Select a version from the list, or update it");`],
  ["services/serve/src/a.ts", `// select x from y; process.env; import "@groundswell/worker";`],
  ["packages/feedback/src/common-prefix.ts", ""],
  ["test/journey/a.ts", `import "@groundswell/serve"; console.log(process.env);`],
];

test.each(allowed)("%s with %s is allowed", (path, text) => {
  expect(complaints(sample([{ path, text }]))).toEqual([]);
});
