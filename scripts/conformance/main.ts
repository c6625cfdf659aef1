/**
 * `pnpm conformance`: ONNX's own suite against what is written here. For each model: read and
 * written it is the same; the runtime answers what was recorded, also when the model is brought up
 * to the newest operator set; types and shapes are inferred as recorded, and again with symbols
 * for the first sizes; slopes agree with differences.
 * Exits 1 where anything failed.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { failuresOf, reasonsOf, tableOf, type Result } from "./report.ts";
import { casesOf, generateSuite } from "./suite.ts";
import { runCases } from "./workers.ts";

const HELP = `pnpm conformance [--suite FOLDER] [--group node] [--only PATTERN] [--processes 2]

  --suite      the suite as files; without it, it is written once into a folder for temporary
               files by PYTHON (default python3), which needs pip's onnx==1.23.0
  --group      node, simple, pytorch-converted or pytorch-operator
  --only       a regular expression for the names of the models
  --processes  how many models are run at once`;

const { values } = parseArgs({
  options: {
    suite: { type: "string" },
    group: { type: "string" },
    only: { type: "string" },
    processes: { type: "string", default: "2" },
    help: { type: "boolean", default: false },
  },
});

async function conformance(): Promise<number> {
  const suite = values.suite ?? join(tmpdir(), "groundswell-onnx-suite-1.23.0");
  if (values.suite === undefined) generateSuite(suite, process.env["PYTHON"] ?? "python3");
  const cases = casesOf(suite, values);
  const began = performance.now();
  const results: Result[] = [];
  let done = 0;
  await runCases(cases, {
    processes: Number(values.processes),
    timeoutMs: 60_000,
    onOutcome: (of, check, outcome) => results.push({ of, check, outcome }),
    onCase() {
      done += 1;
      if (done % 200 === 0) console.log(`${done} of ${cases.length}`);
    },
  });
  console.log(`\n${tableOf(results)}`);
  for (const end of ["refused", "unknown"] as const) {
    console.log(`\n${end}, by reason\n${reasonsOf(results, end)}`);
  }
  const failures = failuresOf(results);
  if (failures !== "") console.log(`\nfailed\n${failures}`);
  const seconds = (performance.now() - began) / 1_000;
  console.log(`\n${cases.length} models in ${seconds.toFixed(0)} s`);
  return failures === "" ? 0 : 1;
}

try {
  if (values.help) console.log(HELP);
  else process.exitCode = await conformance();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
