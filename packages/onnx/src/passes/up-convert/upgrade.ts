import type { DType } from "../../dtype.ts";
import { PassError } from "../../errors.ts";
import type { Int64, NodeDef, NumericTensor } from "../../model.ts";
import type { Known } from "../../operators/operator.ts";
import { showNode } from "../names.ts";
import { intsOf, withInput, without } from "../node-edit.ts";

/** What a rewrite may ask for. */
export interface UpgradeSite {
  /** A name that nothing bears. */
  fresh(hint: string): string;
  /** Adds a constant to the graph and answers its name. Without `dims` it is a vector. */
  constant(hint: string, dtype: DType, numbers: readonly Int64[], dims?: readonly number[]): string;
  /** What a value holds where that never changes. */
  constantNamed(name: string): NumericTensor | undefined;
  /** Type and shape of a value, as far as they are known. */
  known(name: string): Pick<Known, "dtype" | "shape"> | undefined;
  /** The type of a value; where that isn't known, the one that the model's floats have. */
  floatTypeOf(name: string): DType;
  /** Whether anything reads this value. */
  isRead(name: string): boolean;
}

/** The nodes that say in the next operator set what `node` said in the one before. */
export type Upgrade = (node: NodeDef, site: UpgradeSite) => readonly NodeDef[];

/** By "Operator@set": the operator set that brought the change. */
export type Upgrades = Readonly<Record<`${string}@${number}`, Upgrade>>;

export const refuse = (node: NodeDef, reason: string): PassError =>
  new PassError(`${showNode(node)} can't be brought up: ${reason}`);

/** Moves a list of whole numbers from an attribute to an input. */
export const intsToInput =
  (attribute: string, index: number): Upgrade =>
  (node, site) => {
    const values = intsOf(node, attribute);
    const moved = without(node, attribute);
    // An empty list said the same as none.
    if (values === undefined || values.length === 0) return [moved];
    return [withInput(moved, index, site.constant(attribute, "int64", values))];
  };
