import type { z } from "zod";

type Environment = Record<string, string | undefined>;

/** The environment is wrong: the message lists every bad variable. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const SECRET = /KEY|SECRET|PASSWORD|TOKEN|_URL$|DSN/;

/**
 * Reads the environment by a schema whose keys are variable names. A variable set to
 * nothing counts as not set: that is what compose files and shells make of a missing one.
 *
 * @throws ConfigError with one line for each bad variable: what it is, what is expected
 */
export function readConfig<Schema extends z.ZodType>(
  schema: Schema,
  env: Environment,
): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0] ?? "the environment");
    return `  ${name} ${shown(name, given[name])}: ${issue.message}`;
  });
  const what = lines.length === 1 ? "One setting is" : `${lines.length} settings are`;
  throw new ConfigError(`${what} wrong:\n${lines.join("\n")}`);
}

function shown(name: string, value: string | undefined): string {
  if (value === undefined) return "is not set";
  return SECRET.test(name) ? "is set (value not shown)" : `is ${JSON.stringify(value)}`;
}
