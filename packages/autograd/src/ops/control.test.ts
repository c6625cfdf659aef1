import { dataOf, operators, tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { evaluate } from "../gradcheck.ts";
import { gradient } from "../gradient.ts";
import { createGraph } from "../graph.ts";
import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";

const feeds = {
  start: tensor("float64", [2], Float64Array.of(0.5, -1)),
  x: tensor("float64", [3, 2], Float64Array.of(1, 2, -0.5, 0.25, 1.5, -1)),
  w: tensor("float64", [2, 2], Float64Array.of(0.3, -0.8, 0.6, 0.4)),
};

const step = (g: Graph, state: Value, entry: Value, w: Value): Value =>
  g.add(g.squeeze(g.matmul(g.unsqueeze(g.tanh(state), [0]), w), [0]), entry);

/** Slopes of Σ last² with respect to `wrt`, the recurrence by a Scan or written out. */
function slopes(way: "scan" | "written", second = false): number[][] {
  const g = createGraph();
  const start = g.input("start", "float64", [2]);
  const x = g.input("x", "float64", [3, 2]);
  const w = g.input("w", "float64", [2, 2]);
  let [last] = [start];
  if (way === "scan") {
    const { states } = g.scan({ states: [start], sequences: [x] }, (inner, [state], [entry]) => ({
      // `w` is a value of the graph around it.
      states: [step(inner, state ?? start, entry ?? start, w)],
      kept: [],
    }));
    last = states[0] ?? start;
  } else {
    for (const time of [0, 1, 2]) {
      last = step(g, last, g.squeeze(g.slice(x, 0, time, time + 1), [0]), w);
    }
  }
  const wrt = [start, x, w];
  let found = gradient(g, g.reduceSum(g.square(last)), wrt);
  if (second) {
    const length = found.map((slope) => g.reduceSum(g.square(slope))).reduce((a, b) => g.add(a, b));
    found = gradient(g, length, wrt);
  }
  const named = Object.fromEntries(found.map((slope, k) => [`slope${k}`, slope]));
  const answered = evaluate(g, wrt, feeds, named);
  return found.map((_, k) => [...dataOf(answered[`slope${k}`], "float64")]);
}

const closeTo = (lists: readonly number[][]): unknown[][] =>
  lists.map((list) => list.map((value): unknown => expect.closeTo(value, 12)));

test("a Scan has the slopes of its steps written out, for what it captures too", () => {
  expect(slopes("scan")).toEqual(closeTo(slopes("written")));
});

test("the slope of a Scan can be differentiated again", () => {
  expect(slopes("scan", true)).toEqual(closeTo(slopes("written", true)));
});

test("a Scan inside a Scan reads values of both graphs around it", () => {
  const g = createGraph();
  const x = g.input("x", "float64", [3, 2]);
  const w = g.input("w", "float64", [2, 2]);
  const zero = g.constant(0, "float64");
  const { states } = g.scan({ states: [zero], sequences: [x] }, (inner, [sum = x], [row = x]) => {
    const nested = inner.scan(
      { states: [sum], sequences: [w] },
      (innermost, [total = sum], [weights = w]) => ({
        states: [
          innermost.add(total, innermost.reduceSum(innermost.mul(innermost.mul(row, weights), w))),
        ],
        kept: [],
      }),
    );
    return { states: nested.states, kept: [] };
  });
  const [total = zero] = states;
  const [slope = zero] = gradient(g, total, [x]);
  const fed = { x: feeds.x, w: feeds.w };
  const answered = evaluate(g, [x, w], fed, { total, slope });
  // total = Σ over entries x and rows v of w of ⟨x ∘ v, sum of w's rows⟩
  const columns = [0.3 + 0.6, -0.8 + 0.4].map((sum) => sum ** 2);
  const expected = [0, 1, 2].flatMap(() => columns);
  expect([[...dataOf(answered["slope"], "float64")]]).toEqual(closeTo([expected]));
});

test("an If has the slopes of the branch that ran", () => {
  const g = createGraph();
  const condition = g.input("condition", "bool", []);
  const x = g.input("x", "float64", [3, 2]);
  const w = g.input("w", "float64", [2, 2]);
  const [y = x] = g.emitAll(
    operators.If,
    [condition],
    {},
    {
      subgraphs: {
        then_branch: g.subgraph((inner) => ({ inputs: [], outputs: [inner.matmul(x, w)] })),
        else_branch: g.subgraph((inner) => ({ inputs: [], outputs: [inner.square(x)] })),
      },
    },
  );
  const [ofX = x, ofW = w] = gradient(g, g.reduceSum(y), [x, w]);
  const slopesWhen = (holds: number): number[][] => {
    const fed = { condition: tensor("bool", [], Uint8Array.of(holds)), x: feeds.x, w: feeds.w };
    const answered = evaluate(g, [condition, x, w], fed, { ofX, ofW });
    return [answered["ofX"], answered["ofW"]].map((slope) => [...dataOf(slope, "float64")]);
  };
  const rows = [0.3 - 0.8, 0.6 + 0.4];
  const sums = [1 - 0.5 + 1.5, 2 + 0.25 - 1];
  expect(slopesWhen(1)).toEqual(
    closeTo([[...rows, ...rows, ...rows], sums.flatMap((sum) => [sum, sum])]),
  );
  expect(slopesWhen(0)).toEqual(
    closeTo([[...feeds.x.data].map((value) => 2 * value), [0, 0, 0, 0]]),
  );
});
