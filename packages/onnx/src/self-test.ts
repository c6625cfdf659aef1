import { encodeModel } from "./encode.ts";
import type { Model } from "./model.ts";
import { openSession } from "./session.ts";
import { dataOf, tensor, zeros } from "./tensor.ts";

/** The runtime on this machine doesn't do what training and serving rely on. */
export class SelfTestFailed extends Error {
  override readonly name = "SelfTestFailed";
  readonly code = "ONNX_SELF_TEST";
}

/**
 * Runs a toy model and compares it with plain JavaScript: the right numbers, written into
 * the array that was handed in, inputs left as they were. Takes a few milliseconds; meant
 * for the start of a process that will train or serve. Blocks the thread.
 * @throws SelfTestFailed
 */
export function selfTest(): void {
  // Small integers, so that every order of summation gives the same float32.
  const x = [1, -2, 3, 4, 0, -6];
  const w = [2, 1, -1, 3, 5, -4];
  const expected = denseRelu(x, w, [1, 2]);

  const session = openSession(encodeModel(TOY));
  try {
    const feeds = {
      x: tensor("float32", [2, 3], Float32Array.from(x)),
      w: tensor("float32", [3, 2], Float32Array.from(w)),
      b: tensor("float32", [2], Float32Array.of(1, 2)),
    };
    const into = zeros("float32", [2, 2]);
    session.run(feeds, { y: into });
    const fresh = session.run(feeds)["y"];
    compare("an output array", dataOf(into, "float32"), expected);
    compare("a fresh output", dataOf(fresh, "float32"), expected);
    compare("an input", feeds.x.data, x);
  } finally {
    session.close();
  }
}

/** relu(x · w + b) for x [2, 3], w [3, 2], b [2]. */
function denseRelu(x: readonly number[], w: readonly number[], b: readonly number[]): number[] {
  const y: number[] = [];
  for (let row = 0; row < 2; row++) {
    for (let column = 0; column < 2; column++) {
      let sum = b[column] ?? 0;
      for (let k = 0; k < 3; k++) sum += (x[row * 3 + k] ?? 0) * (w[k * 2 + column] ?? 0);
      y.push(Math.max(0, sum));
    }
  }
  return y;
}

function compare(what: string, got: Float32Array, expected: readonly number[]): void {
  if (expected.every((value, i) => got[i] === value)) return;
  throw new SelfTestFailed(
    `In ${what}, got [${got.join(", ")}], expected [${expected.join(", ")}]`,
  );
}

const node = { domain: "", name: "", attributes: {} };

const TOY: Model = {
  irVersion: 9,
  producer: "groundswell",
  operatorSets: [{ domain: "", version: 20 }],
  graph: {
    name: "self-test",
    nodes: [
      { ...node, op: "Gemm", inputs: ["x", "w", "b"], outputs: ["sum"] },
      { ...node, op: "Relu", inputs: ["sum"], outputs: ["y"] },
    ],
    initializers: [],
    inputs: [
      { name: "x", dtype: "float32", shape: ["rows", 3] },
      { name: "w", dtype: "float32", shape: [3, 2] },
      { name: "b", dtype: "float32", shape: [2] },
    ],
    outputs: [{ name: "y", dtype: "float32", shape: ["rows", 2] }],
  },
};
