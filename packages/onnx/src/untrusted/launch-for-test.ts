/** Says on descriptor 3 what a confined process finds around it. */
import { readdirSync, writeFileSync, writeSync } from "node:fs";
import { cwd, env } from "node:process";

function canWrite(): boolean {
  try {
    writeFileSync("/tmp/groundswell-sandbox", "written");
    return true;
  } catch {
    // Which is what is hoped for.
    return false;
  }
}

const descriptors = readdirSync("/proc/self/fd").length;
writeSync(3, JSON.stringify({ cwd: cwd(), env, canWrite: canWrite(), descriptors }));
