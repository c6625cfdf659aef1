/**
 * Brings Groundswell up on this machine, and on an empty database tells the story of an app whose
 * users teach it. `pnpm start --help` says how.
 */
import { styleText } from "node:util";

import { explain } from "./start/explain.ts";
import { HELP } from "./start/help.ts";
import { parseOptions, UsageError } from "./start/options.ts";

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else {
    // All that follows takes a second or more to load, and nobody should look at nothing for so long.
    console.log(styleText("bold", "Groundswell"));
    const { start } = await import("./start/start.ts");
    await start(options, process.env);
  }
} catch (error) {
  console.error(explain(error, process.env));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
