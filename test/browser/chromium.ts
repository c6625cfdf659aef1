import { execFile } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { openCacheDir, serverAccount } from "@groundswell/local";
import { type Browser, chromium, type LaunchOptions } from "playwright-core";

export type OpenedBrowser =
  | { browser: Browser }
  /** No Chromium runs on this machine, and why. */
  | { browser: undefined; reason: string };

interface Candidate {
  file: string;
  /** What a bare machine lacks: where it finds libraries and fonts. */
  env?: Record<string, string>;
}

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/**
 * A headless Chromium: `CHROMIUM_PATH`, one on the PATH, or the one that comes with the
 * npm package. Pages want `browser.newPage({ locale: "en-US" })`: the default of a machine
 * without a locale, `en-US@posix`, is one that Intl throws on.
 *
 * @throws where none runs and `CI` is set: there a missing browser must not pass for a test
 */
export async function openBrowser(): Promise<OpenedBrowser> {
  const reasons: string[] = [];
  for (const find of [given, onPath, fromPackage]) {
    try {
      const candidate = await find();
      if (candidate) return { browser: await launch(candidate) };
    } catch (error) {
      reasons.push(`${find.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const reason = `no Chromium runs here\n${reasons.join("\n")}`;
  if (process.env["CI"]) throw new Error(reason);
  return { browser: undefined, reason };
}

/**
 * Not the package's own arguments: its `--single-process` dies with the first closed
 * context, and it turns web security off.
 */
async function launch({ file, env }: Candidate): Promise<Browser> {
  // Root can't use the sandbox, nor can most containers; the pages are our own.
  const options: LaunchOptions = { executablePath: file, chromiumSandbox: false };
  try {
    return await chromium.launch(options);
  } catch (error) {
    if (env === undefined) throw error;
    return chromium.launch({ ...options, env: { ...process.env, ...env } });
  }
}

function given(): Candidate | undefined {
  const file = process.env["CHROMIUM_PATH"];
  return file ? { file } : undefined;
}

function onPath(): Candidate | undefined {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter))
    for (const name of NAMES)
      if (isProgram(join(folder, name))) return { file: join(folder, name) };
  return undefined;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // not there
  }
}

/** Unpacked beside and renamed into a folder by version, so that nobody meets half of it. */
async function fromPackage(): Promise<Candidate> {
  const cache = openCacheDir(process.env, serverAccount());
  const folder = join(cache, `chromium-${packageVersion()}`);
  if (!existsSync(folder)) {
    const draft = mkdtempSync(`${folder}-`);
    try {
      const script = fileURLToPath(new URL("unpack-chromium.ts", import.meta.url));
      const env = { ...process.env, TMPDIR: draft };
      await promisify(execFile)(process.execPath, [script], { env });
      renameSync(draft, folder);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (!existsSync(folder)) throw error; // otherwise another process was first
    }
  }
  const env = {
    LD_LIBRARY_PATH: join(folder, "al2023", "lib"),
    // Without any font it dies as soon as it has a word to draw.
    ...(!existsSync("/etc/fonts") && { FONTCONFIG_PATH: join(folder, "fonts") }),
  };
  return { file: join(folder, "chromium"), env };
}

/** The package's "exports" hide its package.json. */
function packageVersion(): string {
  const manifest = new URL("../package.json", import.meta.resolve("@sparticuz/chromium"));
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}
