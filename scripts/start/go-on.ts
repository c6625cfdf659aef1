import { ModelView, page, uuid7Generator } from "@groundswell/contracts";
import { type Client, count } from "@groundswell/crowd";

import { curlLines } from "./curl-lines.ts";
import type { OpenedProject } from "./project.ts";
import { table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** What a stranger may want to try, and its right answer. */
export interface Trial {
  model: string;
  inputs: Record<string, unknown>;
  label: string;
}

interface GoOnOptions {
  terminal: Terminal;
  address: string;
  /** Address that signs in. */
  dashboard: string;
  project: OpenedProject;
  trial: Trial | undefined;
}

/** Says where everything is, and what to do next. */
export function sayHowToGoOn({ terminal, address, dashboard, project, trial }: GoOnOptions): void {
  const { secretKey, writeKey } = project;
  terminal.line();
  terminal.line(`${terminal.bold("Dashboard")}   ${dashboard}`);
  terminal.line(
    terminal.dim("            signs in once, within two minutes; pnpm dashboard prints another"),
  );
  terminal.line(`${terminal.bold("API")}         ${address}/docs`);
  for (const line of table([
    ["secret key", secretKey, "everything in this project; for your server"],
    ["write key", writeKey, "events and feedback; for browsers and apps"],
  ]))
    terminal.line(line);
  if (!trial) return;
  terminal.line();
  terminal.line(
    terminal.bold(
      "Go on by hand: agree, predict, correct, see what became of it, look at the figures",
    ),
  );
  const predictionId = uuid7Generator(Date.now)();
  for (const line of curlLines({ address, key: secretKey, ...trial, predictionId })) {
    terminal.line();
    terminal.line(line);
  }
}

/** What is there of earlier starts, a line a model. */
export async function sayWhatIsThere(client: Client, terminal: Terminal): Promise<void> {
  const { body } = await client.call("/api/v1/models", page(ModelView));
  if (body.data.length === 0) return terminal.line("  No models yet.");
  const rows = body.data.map(({ name, recipe, champion, learned_through, classes }) => [
    name,
    recipe,
    `${count(classes.length)} classes`,
    champion === null ? "no champion" : `champion: version ${champion}`,
    `step ${count(learned_through)}`,
  ]);
  for (const line of table(rows)) terminal.line(line);
}
