import { againstTime } from "./against-time.ts";
import { tanhSlope, type CellSlopes, type Direction } from "./direction.ts";

/** h' = f(W·x + R·h + b), with f tanh or relu: its slope follows from h' alone. */
export function rnnSlopes(direction: Direction, activation: string): CellSlopes {
  const { g, r, after } = direction;
  const relu = activation.toLowerCase() === "relu";
  const local = relu ? g.cast(g.greater(after, 0), after.dtype) : tanhSlope(g, after);
  const back = againstTime(direction, [local], ({ inner, arrived, entries: [here] }) => {
    const gate = inner.mul(arrived, here);
    return { states: [inner.matmul(gate, r)], kept: [gate] };
  });
  const [gates] = back.kept;
  return { fromInput: gates, fromState: gates, initial: back.states };
}
