import { dimAt, type Shape } from "../dim.ts";
import type { Dim } from "../model.ts";

/** How many rows [batch, features] has; a vector is one row. */
export const rowsOf = (x: Shape): Dim => (x.length < 2 ? 1 : dimAt(x, 0));
