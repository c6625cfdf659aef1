import type { PerInput } from "@groundswell/onnx";

import type { Value } from "../../value.ts";
import { againstTime } from "./against-time.ts";
import {
  preactivations,
  sigmoidSlope,
  tanhSlope,
  type CellSlopes,
  type Direction,
} from "./direction.ts";

/** What an LSTM computes on its way, at all times: [time, batch, hidden] each. */
interface Gates {
  readonly input: Value;
  readonly output: Value;
  readonly forget: Value;
  readonly candidate: Value;
  readonly cellBefore: Value;
  readonly cell: Value;
}

/** c' = forget · c + input · candidate, h' = output · tanh(c') */
export function lstmSlopes(direction: Direction): CellSlopes {
  const { g, r } = direction;
  const { input, output, forget, candidate, cellBefore, cell } = gatesOf(direction);
  const squashed = g.tanh(cell);
  // What each gate's preactivation does to the cell, or (the output gate's) to the state.
  const effects = g.concat(
    [
      g.mul(candidate, sigmoidSlope(g, input)),
      g.mul(squashed, sigmoidSlope(g, output)),
      g.mul(cellBefore, sigmoidSlope(g, forget)),
      g.mul(input, tanhSlope(g, candidate)),
    ],
    2,
  );
  const ofCell = g.mul(output, tanhSlope(g, squashed));

  const back = againstTime(direction, [effects, ofCell, forget], (site) => {
    const { inner, arrived, entries } = site;
    const [effect, through, keep] = entries;
    const inCell = inner.add(inner.mul(arrived, through), site.cell);
    const gates = inner.mul(inner.concat([inCell, arrived, inCell, inCell], 1), effect);
    return { states: [inner.matmul(gates, r), inner.mul(inCell, keep)], kept: [gates] };
  });
  const [gates] = back.kept;
  return { fromInput: gates, fromState: gates, initial: back.states };
}

function gatesOf(direction: Direction): Gates {
  const { g, hidden, final, initialCell, inside, backwards } = direction;
  const parts = g.split(preactivations(direction), 2, [3 * hidden, hidden]) as PerInput<Value>;
  const gates = g.split(g.sigmoid(parts[0]), 2, [hidden, hidden, hidden]) as PerInput<Value>;
  const [input, output, forget] = gates;
  const candidate = g.tanh(parts[1]);

  const added = g.mul(input, candidate);
  // Behind its end a sequence's cell stays as it is.
  const keeps = inside === null ? forget : g.add(g.mul(forget, inside), g.sub(1, inside));
  const [, cellAfter] = final as PerInput<Value>;
  const { kept } = g.scan(
    {
      states: [initialCell ?? g.zerosLike(cellAfter)],
      sequences: [keeps, inside === null ? added : g.mul(added, inside)],
      backwards,
    },
    (inner, states, entries) => {
      const [before] = states as PerInput<Value>;
      const [keep, more] = entries as PerInput<Value>;
      const after = inner.add(inner.mul(keep, before), more);
      return { states: [after], kept: [before, after] };
    },
  );
  const [cellBefore, cell] = kept as PerInput<Value>;
  return { input, output, forget, candidate, cellBefore, cell };
}
