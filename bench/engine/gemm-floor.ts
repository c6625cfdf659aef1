import { inferenceModel } from "@groundswell/autograd";
import { openSession, tensor } from "@groundswell/onnx";

/** A product of matrices [m, k] · [k, n], `times` of them in one step. */
export interface Product {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly times: number;
}

/** Milliseconds that the runtime takes for these products alone, their inputs at hand. */
export const floorMs = (products: readonly Product[], threads: number): number =>
  products.reduce((total, product) => total + product.times * productMs(product, threads), 0);

/** Products in one run, so that entering the runtime and fetching the result weigh little. */
const REPEATED = 16;

/** The median of seven measurements of at least 20 ms each. */
function productMs({ m, k, n }: Product, threads: number): number {
  const model = inferenceModel({
    parameters: [],
    inputs: [
      { name: "a", dtype: "float32", shape: [m, k] },
      { name: "b", dtype: "float32", shape: [k, n] },
      { name: "c", dtype: "float32", shape: [m, n] },
    ],
    // Each adds the one before, so that none is left out as the same again.
    build(g, _, { a, b, c }) {
      let y = c;
      for (let i = 0; i < REPEATED; i++) y = g.gemm(a, b, y);
      return { y };
    },
  });
  const session = openSession(model, { threads });
  const matrix = (rows: number, columns: number) =>
    tensor("float32", [rows, columns], new Float32Array(rows * columns).fill(0.01));
  const feeds = { a: matrix(m, k), b: matrix(k, n), c: matrix(m, n) };
  const into = { y: matrix(m, n) };
  const milliseconds = (times: number): number => {
    const before = performance.now();
    for (let i = 0; i < times; i++) session.run(feeds, into);
    return (performance.now() - before) / times / REPEATED;
  };
  const times = Math.max(1, Math.ceil(20 / REPEATED / milliseconds(1)));
  const samples = Array.from({ length: 7 }, () => milliseconds(times));
  session.close();
  return samples.toSorted((a, b) => a - b)[3] ?? Number.NaN;
}
