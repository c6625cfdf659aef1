import type { Graph } from "./graph.ts";
import type { Value } from "./value.ts";

export interface UpdateSite {
  readonly g: Graph;
  readonly parameter: Value;
  readonly gradient: Value;
  /** In the order of `slots`, each of the parameter's shape. */
  readonly slots: readonly Value[];
  /** Scalars, in the order of what `hyper` answers. */
  readonly hyper: readonly Value[];
}

export interface Optimiser {
  readonly name: string;
  /** State beside the parameter itself; all start at zero. */
  readonly slots: readonly string[];
  readonly hyperSize: number;
  update(site: UpdateSite): { readonly parameter: Value; readonly slots: readonly Value[] };
  /** Scalars for step `t` (counted from 1 over the steps that were executed). */
  hyper(learningRate: number, t: number): readonly number[];
}
