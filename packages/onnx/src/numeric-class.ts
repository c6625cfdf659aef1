import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, platform } from "node:process";

/** Features for which the runtime has other matrix kernels, strongest first; one is named from each list. */
const X64_FLOAT = ["avx512f", "avx2", "avx", "sse2"];
const X64_INTEGER = ["amx_int8", "avx512_vnni", "avx_vnni"];
const ARM64 = ["sve", "i8mm", "bf16", "asimddp"];

const require = createRequire(import.meta.url);

/**
 * Names the machines that compute the same bits at the same number of threads: runtime
 * build, platform, and the CPU features its kernels are chosen by, e.g.
 * "onnxruntime 1.30.0 linux-x64 avx512f avx512_vnni". Callers add the threads.
 *
 * Where the features can't be read (no /proc/cpuinfo), the class is "unknown-cpu", so that
 * nobody concludes more than that the build is the same.
 */
export function numericClass(): string {
  const { version } = require("onnxruntime-node/dist/version.js") as { version: string };
  return ["onnxruntime", version, `${platform}-${arch}`, ...featuresOf(readCpuInfo())].join(" ");
}

function readCpuInfo(): string {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    // Not Linux: there is no such file.
    return "";
  }
}

/** Kernel-relevant features out of the text of /proc/cpuinfo. */
export function featuresOf(cpuInfo: string): string[] {
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuInfo)?.[1];
  if (line === undefined) return ["unknown-cpu"];
  const flags = new Set(line.trim().split(/\s+/));
  const has = (flag: string): boolean => flags.has(flag);
  const strongest = [X64_FLOAT, X64_INTEGER].flatMap((list) => list.find(has) ?? []);
  const features = [...strongest, ...ARM64.filter(has)];
  return features.length > 0 ? features : ["baseline"];
}
