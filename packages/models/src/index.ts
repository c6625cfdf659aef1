/**
 * What happens to a model outside of its training: versions and aliases, artifacts on disk, the
 * gate, promotion and rollback, and the way of weights from a learner to whoever serves them.
 */
export {
  ArtifactCorrupt,
  ArtifactMissing,
  type ArtifactRef,
  type ArtifactStore,
  openArtifactStore,
} from "./artifact-store.ts";
export { decodeFrame, encodeFrame, type Frame, FrameError, type FrameHeader } from "./frame.ts";
export { type Exam, type GateSettings, judgeCandidate, LEAST_PERSONS } from "./gate.ts";
export { wilson } from "./proportion.ts";
export type {
  AliasMove,
  AliasRecord,
  CheckpointRecord,
  DeploymentRecord,
  Evaluation,
  ModelRecord,
  ModelSettingsPatch,
  NewModel,
  NewVersion,
  Page,
  Registry,
  VersionRecord,
} from "./registry.ts";
export {
  CHAMPION,
  createPromote,
  createRollback,
  type PromoteRequest,
  rollbackTarget,
} from "./rollout.ts";
export { turnBatch } from "./turn-batch.ts";
export { follow, type Following, startFollowing, type Verdict } from "./weight-follower.ts";
export type { ChangedRows, WeightChanges, Weights } from "./weights.ts";
