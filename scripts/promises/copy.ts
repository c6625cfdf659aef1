import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface Copy {
  dir: string;
  /** @returns why the patch does not apply, or undefined */
  apply(patch: string): string | undefined;
  revert(patch: string): void;
  remove(): void;
}

/** Copies what git knows of (and what is new and not ignored), and installs it from the local store. */
export function makeCopy(root: string): Copy {
  const dir = mkdtempSync(join(tmpdir(), "groundswell-promises-"));
  const files = execFileSync(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    { cwd: root, encoding: "utf8" },
  );
  // Git still lists what was deleted and not committed.
  const there = files.split("\0").filter((file) => file !== "" && existsSync(join(root, file)));
  for (const file of there) {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    cpSync(join(root, file), join(dir, file));
  }
  const [runner, ...before] = packageManager();
  execFileSync(runner, [...before, "install", "--frozen-lockfile", "--prefer-offline"], {
    cwd: dir,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, CI: "true" },
  });
  const git = (...args: string[]) =>
    spawnSync("git", ["apply", "--whitespace=nowarn", ...args], {
      cwd: dir,
      encoding: "utf8",
      // The copy is no repository, and must not take one above it for its own.
      env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(dir) },
    });
  return {
    dir,
    apply(patch) {
      const { status, stderr } = git(patch);
      return status === 0 ? undefined : `the patch does not apply any more: ${stderr}`;
    },
    revert: (patch) => void git("--reverse", patch),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** Under `pnpm promises` pnpm says where it is; started by hand, the PATH must know one. */
function packageManager(): [string, ...string[]] {
  const path = process.env["npm_execpath"];
  if (!path) return ["pnpm"];
  return /\.[cm]?js$/.test(path) ? [process.execPath, path] : [path];
}
