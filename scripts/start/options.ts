export const DEMOS = ["handwriting", "messages", "pictures"] as const;
export type DemoName = (typeof DEMOS)[number];

/** What `start` was asked to do. */
export interface StartOptions {
  help: boolean;
  /** `auto`: the handwriting story, where the database is empty. */
  demo: "auto" | DemoName | "none";
  /** A file, `-` for standard input, or a folder of pictures. */
  data?: string;
  exam?: string;
  /** Columns; default: as they are usually called. */
  text?: string;
  label?: string;
  port?: number;
  /** Begin with empty data. */
  fresh: boolean;
  /** Answers yes to what would be asked. */
  yes: boolean;
}

/** A command line that can't be followed; the message says what to write instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const FLAGS = ["--help", "--no-demo", "--fresh", "--yes"] as const;
const WITH_VALUE = ["--demo", "--data", "--exam", "--text", "--label", "--port"] as const;
type Flag = (typeof FLAGS)[number];
type Valued = (typeof WITH_VALUE)[number];
const SHORT: Record<string, Flag> = { "-h": "--help", "-y": "--yes" };
const MESSAGES = "pnpm start --demo messages --data FILE.csv --text COLUMN --label COLUMN";
const PICTURES = "pnpm start --demo pictures --data FOLDER";

/** @throws UsageError */
export function parseOptions(argv: readonly string[]): StartOptions {
  const { flags, values } = collect(argv);
  const demo = values.get("--demo");
  if (demo !== undefined && !isOneOf(DEMOS, demo))
    throw new UsageError(`--demo ${demo}: there are the demos ${DEMOS.join(", ")}`);
  if (demo !== undefined && flags.has("--no-demo"))
    throw new UsageError("--demo and --no-demo contradict each other");
  const options: StartOptions = {
    help: flags.has("--help"),
    demo: flags.has("--no-demo") ? "none" : (demo ?? "auto"),
    fresh: flags.has("--fresh"),
    yes: flags.has("--yes"),
    ...named("data", values.get("--data")),
    ...named("exam", values.get("--exam")),
    ...named("text", values.get("--text")),
    ...named("label", values.get("--label")),
    ...named("port", portOf(values.get("--port"))),
  };
  checkData(options, values);
  return options;
}

function checkData({ help, demo, data, exam }: StartOptions, values: ReadonlyMap<Valued, string>) {
  if (help) return;
  if (demo === "messages" && data === undefined)
    throw new UsageError(`--demo messages needs a file with your messages: ${MESSAGES}`);
  if (demo === "pictures" && data === undefined)
    throw new UsageError(
      `--demo pictures needs a folder with a folder for each class: ${PICTURES}`,
    );
  if (data === "-" && exam === "-")
    throw new UsageError("--data and --exam can't both come from standard input");
  const column = (["--text", "--label"] as const).find((one) => values.has(one));
  if (column && demo !== "messages")
    throw new UsageError(`${column} belongs to the messages demo: ${MESSAGES}`);
  const own = (["--data", "--exam"] as const).find((one) => values.has(one));
  if (own && demo !== "messages" && demo !== "pictures")
    throw new UsageError(`${own} is for a demo with your own data: ${MESSAGES}, or ${PICTURES}`);
}

const named = <Name extends string, T>(name: Name, value: T | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { [K in Name]?: T };

function collect(argv: readonly string[]) {
  const flags = new Set<Flag>();
  const values = new Map<Valued, string>();
  for (let at = 0; at < argv.length; at++) {
    const [given, inline] = split(argv[at] ?? "");
    const name = SHORT[given] ?? given;
    if (isOneOf(FLAGS, name)) {
      if (inline !== undefined) throw new UsageError(`${name} takes no value`);
      flags.add(name);
    } else if (isOneOf(WITH_VALUE, name)) {
      const value = inline ?? argv[++at];
      if (value === undefined || value === "" || value.startsWith("--"))
        throw new UsageError(`${name} needs a value, such as ${EXAMPLES[name]}`);
      values.set(name, value);
    } else throw new UsageError(unknown(given));
  }
  return { flags, values };
}

const EXAMPLES: Record<Valued, string> = {
  "--demo": "--demo messages",
  "--data": "--data messages.csv",
  "--exam": "--exam held-out.csv",
  "--text": "--text body",
  "--label": "--label topic",
  "--port": "--port 8081",
};

function split(argument: string): [string, string | undefined] {
  const equals = argument.indexOf("=");
  if (!argument.startsWith("--") || equals < 0) return [argument, undefined];
  return [argument.slice(0, equals), argument.slice(equals + 1)];
}

const isOneOf = <T extends string>(list: readonly T[], name: string): name is T =>
  list.some((one) => one === name);

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new UsageError(`--port ${text}: a port is a whole number from 1 to 65535`);
  return port;
}

function unknown(given: string): string {
  const near = [...FLAGS, ...WITH_VALUE]
    .map((name) => ({ name, distance: editDistance(given, name) }))
    .toSorted((a, b) => a.distance - b.distance)[0];
  const hint = near && near.distance <= 3 ? `did you mean ${near.name}?` : "see pnpm start --help";
  return `there is no option ${given}: ${hint}`;
}

/** Levenshtein's: the fewest characters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
