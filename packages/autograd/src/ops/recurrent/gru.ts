import type { PerInput } from "@groundswell/onnx";

import type { Graph } from "../../graph.ts";
import type { Value } from "../../value.ts";
import { againstTime } from "./against-time.ts";
import {
  product,
  sigmoidSlope,
  tanhSlope,
  turned,
  type CellSlopes,
  type Direction,
} from "./direction.ts";

/** What a GRU computes on its way, at all times: [time, batch, hidden] each. */
interface Gates {
  readonly update: Value;
  readonly reset: Value;
  readonly candidate: Value;
  /** What the state before adds to the candidate, before the reset gate is put on it. */
  readonly recalled: Value;
}

/**
 * h' = (1 - update) · candidate + update · h, where the reset gate is put either on R·h
 * (`resetsProduct`: the attribute linear_before_reset, PyTorch's and cuDNN's form) or on h.
 */
export function gruSlopes(direction: Direction, resetsProduct: boolean): CellSlopes {
  return resetsProduct ? productResetSlopes(direction) : stateResetSlopes(direction);
}

function productResetSlopes(direction: Direction): CellSlopes {
  const { g, r, before } = direction;
  const { update, reset, candidate, recalled } = gatesOf(direction, true);
  const ofUpdate = g.mul(g.sub(before, candidate), sigmoidSlope(g, update));
  const ofCandidate = g.mul(g.sub(1, update), tanhSlope(g, candidate));
  const ofReset = g.mul(g.mul(ofCandidate, recalled), sigmoidSlope(g, reset));
  const inState = g.concat([ofUpdate, ofReset, g.mul(ofCandidate, reset)], 2);

  const back = againstTime(direction, [inState, update], ({ inner, arrived, entries }) => {
    const [effect, keep] = entries;
    const gates = inner.mul(inner.concat([arrived, arrived, arrived], 1), effect);
    const state = inner.add(inner.mul(arrived, keep), inner.matmul(gates, r));
    return { states: [state], kept: [arrived, gates] };
  });
  const [arrived, fromState] = back.kept;
  const inInput = g.concat([ofUpdate, ofReset, ofCandidate], 2);
  const fromInput = g.mul(g.concat([arrived, arrived, arrived], 2), inInput);
  return { fromInput, fromState, initial: back.states };
}

function stateResetSlopes(direction: Direction): CellSlopes {
  const { g, hidden, r, before } = direction;
  const { update, reset, candidate } = gatesOf(direction, false);
  const ofUpdate = g.mul(g.sub(before, candidate), sigmoidSlope(g, update));
  const ofCandidate = g.mul(g.sub(1, update), tanhSlope(g, candidate));
  const ofReset = g.mul(before, sigmoidSlope(g, reset));
  const [ofGates, ofRecalled] = rowsOf(g, r, hidden);

  const sequences = [ofUpdate, ofCandidate, ofReset, reset, update];
  const back = againstTime(direction, sequences, ({ inner, arrived, entries }) => {
    const [onUpdate, onCandidate, onReset, resets, keep] = entries;
    const candidateGate = inner.mul(arrived, onCandidate);
    const recalled = inner.matmul(candidateGate, ofRecalled);
    const gates = inner.concat(
      [inner.mul(arrived, onUpdate), inner.mul(recalled, onReset ?? recalled)],
      1,
    );
    const throughGates = inner.add(
      inner.matmul(gates, ofGates),
      inner.mul(recalled, resets ?? recalled),
    );
    const state = inner.add(inner.mul(arrived, keep ?? arrived), throughGates);
    return { states: [state], kept: [gates, candidateGate] };
  });
  const [gates, candidateGates] = back.kept;
  const all = g.concat([gates, candidateGates], 2);
  const slopeOfR = (): Value =>
    g.concat([product(g, gates, before), product(g, candidateGates, g.mul(reset, before))], 0);
  return { fromInput: all, fromState: all, r: slopeOfR, initial: back.states };
}

/** The rows of a weight for update and reset gate together, and for the candidate. */
const rowsOf = (g: Graph, weight: Value, hidden: number): PerInput<Value> =>
  g.split(weight, 0, [2 * hidden, hidden]) as PerInput<Value>;

function gatesOf(direction: Direction, resetsProduct: boolean): Gates {
  const { g, hidden, x, w, r, bias, before } = direction;
  const [ofGates, ofRecalled] = rowsOf(g, r, hidden);
  const add = (value: Value, rows: Value | undefined): Value =>
    rows === undefined ? value : g.add(value, rows);
  const [biasW, biasR] = bias === null ? [] : [bias.w, bias.r];
  const [gateBias, recalledBias] = biasR === undefined ? [] : rowsOf(g, biasR, hidden);

  const fromInput = add(g.matmul(x, turned(g, w)), biasW);
  const parts = g.split(fromInput, 2, [2 * hidden, hidden]) as PerInput<Value>;
  const gateInput = add(g.add(parts[0], g.matmul(before, turned(g, ofGates))), gateBias);
  const gates = g.split(g.sigmoid(gateInput), 2, [hidden, hidden]) as PerInput<Value>;
  const [update, reset] = gates;
  const read = resetsProduct ? before : g.mul(reset, before);
  const recalled = add(g.matmul(read, turned(g, ofRecalled)), recalledBias);
  const candidate = g.tanh(g.add(parts[1], resetsProduct ? g.mul(reset, recalled) : recalled));
  return { update, reset, candidate, recalled };
}
