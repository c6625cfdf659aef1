import { execFile } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

type Environment = Record<string, string | undefined>;

export interface RedisBinary {
  file: string;
  /** What its shared libraries need. */
  env: Environment;
  source: string;
}

const run = promisify(execFile);
const NAMES = ["redis-server", "valkey-server"];

/** A Redis (or Valkey) of this machine, or one unpacked from the distribution's packages. */
export async function findRedis(
  cacheDir: string,
  env: Environment,
): Promise<RedisBinary | undefined> {
  const installed = onPath(NAMES, env);
  if (installed) return { file: installed, env: {}, source: installed };
  if (!onPath(["apt-get"], env) || !onPath(["dpkg-deb"], env)) return undefined;
  const root = join(cacheDir, `redis-apt-${process.arch}`);
  if (!existsSync(root)) await unpackFromApt(root);
  for (const name of NAMES) {
    const file = join(root, "usr/bin", name);
    if (existsSync(file))
      return { file, env: { LD_LIBRARY_PATH: libraryPath(root) }, source: `apt, in ${root}` };
  }
  return undefined;
}

/** The first of these programs on the PATH, or where a short PATH forgets to look. */
function onPath(names: string[], env: Environment): string | undefined {
  const folders = (env["PATH"] ?? "").split(delimiter);
  folders.push("/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin");
  for (const name of names) {
    const file = folders.map((folder) => join(folder, name)).find(isProgram);
    if (file) return file;
  }
  return undefined;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // not there, or not for us
  }
}

/**
 * Debian and Ubuntu, without root: apt checks signatures as always, but its state, lists
 * and archives are private, and dpkg-deb unpacks into the cache instead of the system.
 */
async function unpackFromApt(root: string): Promise<void> {
  const draft = `${root}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  const tree = join(draft, "root");
  const archives = join(draft, "cache/archives");
  for (const folder of [tree, join(draft, "lists/partial"), join(archives, "partial")])
    mkdirSync(folder, { recursive: true });
  try {
    await downloadRedis(draft);
    for (const name of readdirSync(archives))
      if (name.endsWith(".deb")) await run("dpkg-deb", ["-x", join(archives, name), tree]);
    chmodSync(tree, 0o755);
    renameSync(tree, root);
  } catch (error) {
    if (!existsSync(root)) throw error; // otherwise another process was first
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

async function downloadRedis(draft: string): Promise<void> {
  const settings = {
    "Dir::State": draft,
    "Dir::State::Lists": join(draft, "lists"),
    "Dir::State::status": "/var/lib/dpkg/status",
    "Dir::Cache": join(draft, "cache"),
    "Debug::NoLocking": "1",
    "Acquire::Languages": "none",
    "Acquire::Retries": "2",
    "Acquire::http::Timeout": "20",
    // As root apt would drop to `_apt`, which can't write into the draft.
    ...(process.getuid?.() === 0 && { "APT::Sandbox::User": "root" }),
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const apt = (...args: string[]) =>
    run("apt-get", [...options, "-qq", ...args], { timeout: 180_000 });
  // One dead source among several fails the update; what matters is the download below.
  await apt("update").catch(() => {});
  const download = ["-y", "--download-only", "--no-install-recommends", "install"];
  await apt(...download, "redis-server").catch(() => apt(...download, "valkey-server"));
}

/** The library folders of an unpacked package tree, as for LD_LIBRARY_PATH. */
function libraryPath(root: string): string {
  return ["usr/lib", "lib"]
    .map((base) => join(root, base))
    .filter((base) => existsSync(base))
    .flatMap((base) => [
      base,
      ...readdirSync(base, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && entry.name.includes("-linux-"))
        .map((entry) => join(base, entry.name)),
    ])
    .join(":");
}
