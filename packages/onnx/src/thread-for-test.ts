import { workerData } from "node:worker_threads";

import { encodeModel } from "./encode.ts";
import { openSession } from "./session.ts";
import { dataOf } from "./tensor.ts";
import type { Tensor } from "./tensor.ts";
import { serveThread, transferring } from "./thread.ts";

export interface TestProtocol {
  calls: {
    add: { payload: { a: number; b: number }; result: number };
    after: { payload: { turns: number; value: string }; result: string };
    double: { payload: Float32Array; result: Float32Array };
    lengthOfLast: { payload: null; result: number };
    runNegation: { payload: Tensor; result: Float32Array };
    fail: { payload: string; result: never };
    unclonable: { payload: null; result: () => void };
    count: { payload: number; result: null };
    crash: { payload: null; result: null };
  };
  events: { counted: number; closing: string[] };
}

class OddError extends Error {
  override readonly name = "OddError";
  readonly code: string;
  constructor(code: string) {
    super("asked to fail");
    this.code = code;
  }
}

const { offset } = workerData as { offset: number };
let last = new Float32Array(0);
/** What `after` has answered: the thread knows the order, messages seen from outside do not tell it. */
const answered: string[] = [];

const session = openSession(
  encodeModel({
    irVersion: 9,
    producer: "test",
    operatorSets: [{ domain: "", version: 20 }],
    graph: {
      name: "negation",
      nodes: [{ op: "Neg", domain: "", name: "", inputs: ["x"], outputs: ["y"], attributes: {} }],
      initializers: [],
      inputs: [{ name: "x", dtype: "float32", shape: ["N"] }],
      outputs: [{ name: "y", dtype: "float32", shape: ["N"] }],
    },
  }),
);

const server = serveThread<TestProtocol>(
  {
    add: ({ a, b }) => a + b + offset,
    async after({ turns, value }) {
      for (let turn = 0; turn < turns; turn++) {
        await new Promise<void>((resolve) => void setImmediate(resolve));
      }
      answered.push(value);
      return value;
    },
    double(numbers) {
      last = numbers.map((number) => 2 * number);
      return transferring(last, [last.buffer]);
    },
    lengthOfLast: () => last.length,
    runNegation: (x) => dataOf(session.run({ x })["y"], "float32"),
    fail(code) {
      throw new OddError(code);
    },
    unclonable: () => () => {},
    count(to) {
      for (let value = 0; value < to; value++) server.emit("counted", value);
      return null;
    },
    crash() {
      setImmediate(() => {
        throw new Error("thrown where nobody catches");
      });
      return new Promise(() => {});
    },
  },
  () => {
    session.close();
    server.emit("closing", answered);
  },
);
