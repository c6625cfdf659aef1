import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";

export type { Logger } from "pino";

interface LogOptions {
  service: string;
  level?: string;
  /** Default: standard output. */
  destination?: DestinationStream;
}

const SECRET_NAMES = [
  "authorization",
  "cookie",
  '["set-cookie"]',
  "password",
  "secret",
  "token",
  "apiKey",
  "api_key",
  "writeKey",
  "write_key",
];

/** A secret may also hide in a URL or a message: in a line that is written whole, by its look. */
const SECRET_LOOKS: [RegExp, string][] = [
  [/\bgs_(sk|wk)_\w+/g, "gs_$1_[redacted]"],
  [/(\w:\/\/[^\s:/@"]*):[^\s@"/]+@/g, "$1:[redacted]@"],
  [/([?&](?:writeKey|api_key|token)=)[^&\s"\\]+/gi, "$1[redacted]"],
];

/** JSON lines, with whatever would let a reader of logs act as somebody else left out. */
export function createLogger({ service, level = "info", destination }: LogOptions): Logger {
  const options: LoggerOptions = {
    level,
    base: { service },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRET_NAMES.flatMap(atDepths), censor: "[redacted]" },
    hooks: { streamWrite: withoutSecrets },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** pino's paths have no "at any depth": three levels hold what is logged here. */
function atDepths(name: string): string[] {
  const tail = name.startsWith("[") ? name : `.${name}`;
  return [name, `*${tail}`, `*.*${tail}`];
}

function withoutSecrets(line: string): string {
  return SECRET_LOOKS.reduce((text, [look, instead]) => text.replaceAll(look, instead), line);
}
