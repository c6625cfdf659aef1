import { SignInCode } from "@groundswell/contracts";
import type { Client } from "@groundswell/crowd";

/** An address of the dashboard that signs in once, within two minutes: it holds a code, never a key. */
export async function dashboardAddress(client: Client, origin: string): Promise<string> {
  const { body } = await client.call("/api/v1/sign-in-codes", SignInCode, { method: "POST" });
  return `${origin}/#code=${body.code}`;
}
