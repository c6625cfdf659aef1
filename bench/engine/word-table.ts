import { randomStream, type TouchedRows, type TrainStep } from "@groundswell/autograd";
import { dataOf, sizeOf, type Tensor, tensor } from "@groundswell/onnx";

/** A table of words outside the graph, of which a step is handed the rows that its batch has. */
export interface WordTable {
  /** `ids` as places among the rows that are touched. */
  touch(ids: Tensor): { readonly ids: Tensor; readonly rows: TouchedRows };
  /** Puts what the step made of the rows in their places. */
  keep(rows: TouchedRows): void;
}

/** The first values are those that the table would have as one of the step's dense parameters. */
export function openWordTable(
  step: TrainStep,
  name: string,
  { words, seed }: { readonly words: number; readonly seed: number },
): WordTable {
  const index = step.parameters.findIndex((spec) => spec.name === name);
  const spec = step.parameters[index];
  if (spec === undefined) throw new RangeError(`No table "${name}"`);
  const width = sizeOf(spec.shape.slice(1).map(Number));
  const first = spec.initial([words, width], randomStream(seed), index);
  const table = [first, ...step.optimiser.slots.map(() => new Float32Array(words * width))];
  let next: Float32Array[] = [];
  return {
    touch(given) {
      const places = new Map<number, number>();
      const own = BigInt64Array.from(dataOf(given, "int64"), (id) => {
        const place = places.get(Number(id)) ?? places.size;
        places.set(Number(id), place);
        return BigInt(place);
      });
      const rows = Int32Array.from(places.keys());
      if ((next[0]?.length ?? 0) < rows.length * width) {
        next = table.map(() => new Float32Array(2 * rows.length * width));
      }
      return { ids: tensor("int64", given.dims, own), rows: { rows, table, next } };
    },
    keep({ rows }) {
      for (const [slot, into] of table.entries()) {
        for (const [place, row] of rows.entries()) {
          const made = next[slot]?.subarray(place * width, (place + 1) * width);
          into.set(made ?? [], row * width);
        }
      }
    },
  };
}
