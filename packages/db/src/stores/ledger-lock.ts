import type { Queries } from "../database.ts";

/**
 * Between those who record steps of a model and those who take people out of its ledger: without it
 * a step could be recorded a moment after a withdrawal was acknowledged that it has not seen. By
 * $1 project, $2 model. Comes after consents, and before everything in the ledger.
 */
const KEY = "hashtextextended('ledger ' || $1::uuid || ' ' || $2::uuid, 0)";

/** Of whoever records. */
export const HOLD_LEDGER_SHARED = `pg_advisory_xact_lock_shared(${KEY})`;

/**
 * Holds models' ledgers against recording until the transaction ends.
 *
 * @param models in ascending order of project and model
 */
export async function holdLedgers(
  tx: Queries,
  models: readonly { projectId: string; modelId: string }[],
): Promise<void> {
  for (const { projectId, modelId } of models)
    await tx.query(`select pg_advisory_xact_lock(${KEY})`, [projectId, modelId], "hold-ledger");
}
