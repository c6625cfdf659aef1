/**
 * Prints an address that signs in to the dashboard once, within two minutes:
 * `pnpm dashboard` of what `pnpm start` runs; `GROUNDSWELL_KEY=gs_sk_… pnpm dashboard https://…` of another.
 */
import { join } from "node:path";

import { connect } from "@groundswell/crowd";
import { instanceFolder } from "@groundswell/local";

import { dashboardAddress } from "./start/dashboard-address.ts";
import { CHECKOUT, INSTANCE } from "./start/installation.ts";
import { readKept } from "./start/project.ts";

const { env } = process;
const [given] = process.argv.slice(2);
const folder = instanceFolder({ checkout: CHECKOUT, name: INSTANCE, env });
const kept = readKept(join(folder, "project.json"));
const origin = given ?? kept?.address;
const key = env["GROUNDSWELL_KEY"] || kept?.secretKey;
if (!origin || !key) {
  console.error(
    "Nothing was started here: run pnpm start, or GROUNDSWELL_KEY=gs_sk_… pnpm dashboard https://your.host",
  );
  process.exit(2);
}
const client = connect({ origin: origin.replace(/\/$/, ""), key });
try {
  console.log(await dashboardAddress(client, origin.replace(/\/$/, "")));
} catch (error) {
  console.error(
    `${origin} gave no code: ${error instanceof Error ? error.message : String(error)}`,
  );
  process.exitCode = 1;
} finally {
  await client.close();
}
