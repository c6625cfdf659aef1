import { uuid7Generator } from "@groundswell/contracts";
import { type Client, connect } from "@groundswell/crowd";

import { dashboardAddress } from "./dashboard-address.ts";
import { type Demo, loadDemo, SEED } from "./demos.ts";
import { explain } from "./explain.ts";
import { sayHowToGoOn, sayWhatIsThere } from "./go-on.ts";
import { CHECKOUT, type Installation, INSTANCE, openInstallation } from "./installation.ts";
import type { StartOptions } from "./options.ts";
import { markAddress, markStory } from "./project.ts";
import { untilAborted, abortOnSignal } from "./signals.ts";
import { deleteData } from "./start-fresh.ts";
import { tellStory } from "./story/tell-story.ts";
import { createTerminal, type Terminal } from "./terminal.ts";
import { duration } from "./wording.ts";

/** What an app's users do in a second: slow enough for two cores, fast enough to watch. */
const PER_SECOND = 320;

/**
 * Everything that `pnpm start` does, until it is asked to stop.
 *
 * @throws where it can't be brought up, or a database can't be brought back; nothing is left running
 */
export async function start(
  options: StartOptions,
  env: Record<string, string | undefined>,
): Promise<void> {
  const terminal = createTerminal(process.stdout, Date.now);
  // Data that can't be used are told before anything is started.
  const own = options.demo === "messages" || options.demo === "pictures";
  const wanted = own ? await loadDemo(options, terminal) : undefined;
  const owned = { checkout: CHECKOUT, instance: INSTANCE, env };
  if (options.fresh && !(await deleteData({ ...owned, yes: options.yes }))) return;

  const began = performance.now();
  const stopped = new AbortController();
  const signal = abortOnSignal(stopped);
  // Whoever reads this may press Ctrl-C: it is heard by now.
  terminal.line(terminal.dim("  starting PostgreSQL and Redis"));
  let lost: Error | undefined;
  const installation = await openInstallation({
    options,
    env,
    terminal,
    onServerLost: (error) => {
      lost = error;
      terminal.line(`  ${error.message}`);
      stopped.abort(error);
    },
  });
  try {
    signal.throwIfAborted();
    await greet(installation, { options, wanted, terminal, signal });
    terminal.line();
    terminal.line(
      terminal.dim(`Up after ${duration(performance.now() - began)}. Ctrl-C stops everything.`),
    );
    await untilAborted(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    terminal.line();
    terminal.line("Stopping: what was accepted is finished first.");
    await installation.stop();
    terminal.line("Stopped.");
  }
  if (lost) throw lost;
}

interface Greeting {
  options: StartOptions;
  wanted: Demo | undefined;
  terminal: Terminal;
  signal: AbortSignal;
}

async function greet(installation: Installation, greeting: Greeting): Promise<void> {
  const { platform, project } = installation;
  const { options, terminal, signal } = greeting;
  const { address } = platform;
  if (!project) {
    terminal.line("  The database has projects already; their keys are with whoever made them.");
    terminal.line(`${terminal.bold("Dashboard")}   ${address}`);
    return;
  }
  markAddress(installation.projectFile, address);
  const client = connect({ origin: address, key: project.secretKey });
  const demo = await demoToTell(installation, greeting);
  terminal.line();
  try {
    if (demo) await tellOrSayWhy(installation, { demo, client, terminal, signal });
    else await sayWhatIsThere(client, terminal);
    sayWhatBroke(installation, terminal);
    await sayTheRest(installation, { client, demo, terminal });
  } finally {
    await client.close();
  }
  if (options.demo === "none" && project.isNew)
    terminal.line(
      "\nMake your first model on the dashboard's first page, or with PUT /api/v1/models.",
    );
}

async function sayTheRest(
  { platform: { address }, project }: Installation,
  { client, demo, terminal }: { client: Client; demo: Demo | undefined; terminal: Terminal },
): Promise<void> {
  if (!project) return;
  const trial = demo?.app.exam[0];
  sayHowToGoOn({
    terminal,
    address,
    dashboard: await dashboardAddress(client, address),
    project,
    trial: trial && demo ? { model: demo.app.model, ...trial } : undefined,
  });
}

/** A story is told once on the same data; asked for again, it says why not. */
async function demoToTell(
  { project }: Installation,
  { options, wanted, terminal }: Greeting,
): Promise<Demo | undefined> {
  if (!project || options.demo === "none") return undefined;
  const name = options.demo === "auto" ? "handwriting" : options.demo;
  const told = project.stories[name];
  if (told === undefined && (options.demo !== "auto" || project.isNew))
    return wanted ?? loadDemo(options, terminal);
  if (told === "told" && options.demo !== "auto")
    terminal.line(`\n  The ${name} story was told on these data already; --fresh begins anew.`);
  return undefined;
}

function sayWhatBroke({ project }: Installation, terminal: Terminal): void {
  for (const [name, state] of Object.entries(project?.stories ?? {}))
    if (state === "begun")
      terminal.line(
        `  The ${name} story broke off half way: what it left is there. --fresh begins anew.`,
      );
}

interface Telling {
  demo: Demo;
  client: Client;
  terminal: Terminal;
  signal: AbortSignal;
}

/** A story that breaks off leaves the platform up: what it made is there to be looked at. */
async function tellOrSayWhy(installation: Installation, telling: Telling): Promise<void> {
  const { terminal, signal } = telling;
  try {
    await tell(installation, telling);
  } catch (error) {
    if (signal.aborted) throw error;
    terminal.line(`  The story broke off: ${explain(error, process.env)}`);
    terminal.line("  Everything stays up, and what was learned is kept; --fresh begins anew.");
  }
}

async function tell({ projectFile }: Installation, telling: Telling): Promise<void> {
  const { demo, client, terminal, signal } = telling;
  for (const note of demo.notes) terminal.line(terminal.dim(`  ${note}`));
  markStory(projectFile, demo.name, "begun");
  await tellStory({
    app: demo.app,
    client,
    terminal,
    signal,
    clock: Date.now,
    newId: uuid7Generator(Date.now),
    seed: SEED,
    perSecond: PER_SECOND,
  });
  markStory(projectFile, demo.name, "told");
}
