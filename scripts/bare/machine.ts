import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** What a bare root takes over from the machine that makes it, so that it reaches the same registries. */
export interface Machine {
  /** Of Debian's packages. */
  mirror: string;
  /** apt's settings for fetching. */
  aptSettings: string;
  env: Record<string, string>;
}

const REGISTRY =
  /^(npm_config_(registry|proxy|https_proxy|noproxy|cafile|strict_ssl)|(https?|no)_proxy)$/i;
/** Each names a file with certificates. */
const CERTIFICATES = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"];
const REGISTRY_FILES = [
  ".npmrc",
  ".config/pnpm/rc",
  ".config/pnpm/auth.ini",
  ".config/pnpm/config.yaml",
];

/** @returns why no bare root can be made here, in a few words */
export function whyNot(): string | undefined {
  if (process.platform !== "linux") return "this is not Linux";
  if (process.getuid?.() !== 0) return "only root can change roots";
  if (!runs("mmdebstrap", ["--version"]))
    return "mmdebstrap is not installed (apt-get install mmdebstrap)";
  if (!runs("unshare", ["--mount", "--pid", "--fork", "true"]))
    return "this machine allows no namespaces (unshare --mount --pid)";
  if (!runs("git", ["rev-parse", "HEAD"])) return "this is no git checkout";
  return mirrorOf() ? undefined : "apt knows no mirror of Debian here";
}

/** @throws where `whyNot` has a reason */
export function describeMachine(env: NodeJS.ProcessEnv): Machine {
  const mirror = mirrorOf();
  if (!mirror) throw new Error("apt knows no mirror of Debian here");
  const kept = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && (REGISTRY.test(name) || CERTIFICATES.includes(name))
      ? [[name, value] as const]
      : [],
  );
  return {
    mirror,
    aptSettings: execFileSync("apt-config", ["dump", "Acquire"], { encoding: "utf8" }),
    env: Object.fromEntries(kept),
  };
}

/** Copies what the machine's settings for registries name, and its resolver's. */
export function copySettings(machine: Machine, root: string, home: string): void {
  for (const name of CERTIFICATES) copyIfThere(machine.env[name] ?? "", root);
  for (const file of ["/etc/resolv.conf", "/etc/hosts"]) copyIfThere(file, root);
  for (const file of REGISTRY_FILES) {
    const own = join(homedir(), file);
    if (!existsSync(own)) continue;
    const target = join(root, home, file);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(own, target);
  }
}

function copyIfThere(file: string, root: string): void {
  if (file === "" || !existsSync(file)) return;
  mkdirSync(join(root, dirname(file)), { recursive: true });
  copyFileSync(file, join(root, file));
}

function mirrorOf(): string | undefined {
  try {
    const format = ["--format", "$(REPO_URI)", "Created-By: Packages"];
    const addresses = execFileSync("apt-get", ["indextargets", ...format], { encoding: "utf8" });
    return addresses.split("\n").find((address) => /\/debian\/?$/.test(address));
  } catch {
    return undefined; // no apt
  }
}

function runs(program: string, args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false; // not there, or not allowed
  }
}
