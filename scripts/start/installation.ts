import { join, resolve } from "node:path";

import { migrateDatabase } from "@groundswell/db";
import { type Local, startLocal } from "@groundswell/local";
import { buildWeb } from "@groundswell/web/build";

import { databaseOf } from "./database.ts";
import { type StartOptions, UsageError } from "./options.ts";
import { type Platform, startPlatform } from "./platform.ts";
import { type OpenedProject, openProject } from "./project.ts";
import type { Terminal } from "./terminal.ts";
import { duration } from "./wording.ts";

export const CHECKOUT = resolve(import.meta.dirname, "../..");
export const INSTANCE = "main";
const PORT = 8080;

/** Everything of one checkout that runs. */
export interface Installation {
  platform: Platform;
  /** Undefined where the database has only projects of somebody else's. */
  project: OpenedProject | undefined;
  projectFile: string;
  stop: () => Promise<void>;
}

interface OpenOptions {
  options: StartOptions;
  env: Record<string, string | undefined>;
  terminal: Terminal;
  /** A database that ended can't be brought up again. */
  onServerLost: (error: Error) => void;
}

/**
 * Brings up servers, tables, dashboard and services, and says how long each took.
 *
 * @throws where one of them can't be brought up; nothing is left running
 */
export async function openInstallation(open: OpenOptions): Promise<Installation> {
  const { env, terminal, onServerLost } = open;
  const step = createSteps(terminal);
  const onRestarted = ({ name, downMs }: { name: string; downMs: number }) =>
    terminal.line(`  ${name} is back after ${duration(downMs)}`);
  const local = await startLocal({
    checkout: CHECKOUT,
    name: INSTANCE,
    durable: true,
    env,
    watch: {
      onEnded: (name) => terminal.line(`  ${name} ended; it is brought back on the same data`),
      onRestarted,
      onLost: onServerLost,
      giveUpAfterMs: secondsOf("GROUNDSWELL_GIVE_UP_AFTER", env),
    },
  });
  try {
    step(`PostgreSQL: ${local.sources.postgres}; Redis: ${local.sources.redis}`);
    const databaseUrl = await databaseOf(local, env);
    await migrateDatabase(databaseUrl);
    await buildWeb();
    step("tables and dashboard");
    const projectFile = join(local.dir, "project.json");
    const project = await openProject(databaseUrl, projectFile);
    const logs = join(local.dir, "logs");
    const platform = await startPlatform({
      databaseUrl,
      redisUrl: local.redisUrl,
      artifacts: join(local.dir, "artifacts"),
      logs,
      port: portOf(open),
      env,
      onEnded: ({ name, signal, code }) =>
        terminal.line(`  ${name} ended (${signal ?? `status ${code}`}); it is brought back`),
      onRestarted,
      onPortTaken: (port) => terminal.line(`  port ${port} is taken: the next one is tried`),
    });
    step(`${Object.keys(platform.services).length} services, each a process of its own`);
    terminal.line(terminal.dim(`  their logs: ${logs}`));
    return {
      platform,
      project,
      projectFile,
      stop: () => stopAll(platform, local),
    };
  } catch (error) {
    await local.stop();
    throw error;
  }
}

async function stopAll(platform: Platform, local: Local): Promise<void> {
  await platform.stop();
  await local.stop();
}

/** @throws UsageError where it is no number of seconds */
function secondsOf(name: string, env: OpenOptions["env"]): number | undefined {
  const given = env[name];
  if (!given) return undefined;
  const seconds = Number(given);
  if (!(seconds > 0 && seconds < 86_400))
    throw new UsageError(`${name}=${given}: write a number of seconds, such as ${name}=120`);
  return seconds * 1_000;
}

function portOf({ options, env }: OpenOptions): number {
  return options.port ?? Number(env["PORT"] || PORT);
}

function createSteps(terminal: Terminal): (what: string) => void {
  let before = performance.now();
  return (what) => {
    const now = performance.now();
    terminal.line(`  ${what} ${terminal.dim(`(${duration(now - before)})`)}`);
    before = now;
  };
}
