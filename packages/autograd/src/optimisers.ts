export { adagrad, adam, adamW, rmsProp } from "./optimisers/adaptive.ts";
export type { AdagradOptions, AdamOptions, RmsPropOptions } from "./optimisers/adaptive.ts";
export { clipByNorm, clipByValue } from "./optimisers/clipping.ts";
export type { GradientTransform } from "./optimisers/clipping.ts";
export { ftrl } from "./optimisers/ftrl.ts";
export type { FtrlOptions } from "./optimisers/ftrl.ts";
export type { DecayOptions, Optimiser } from "./optimisers/optimiser.ts";
export {
  constantRate,
  cosineDecay,
  linearDecay,
  oneCycle,
  stepDecay,
  warmUp,
} from "./optimisers/schedules.ts";
export type { Schedule } from "./optimisers/schedules.ts";
export { sgd } from "./optimisers/sgd.ts";
export type { SgdOptions } from "./optimisers/sgd.ts";
