import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { DTYPES, sizeOf, tensor } from "@groundswell/onnx";
import type { Model, ModelTensor, Tensor, ValueInfo } from "@groundswell/onnx";
import { decodeTensor, readProtobuf, viewOf } from "@groundswell/onnx/testing";

import { inOneLine, Refusal } from "./outcome.ts";

/** What a model was fed once and what it answered, by the names in its graph. */
export interface Recorded {
  readonly inputs: ReadonlyMap<string, ModelTensor>;
  readonly outputs: ReadonlyMap<string, ModelTensor>;
}

/** @throws Refusal where a value isn't a tensor that is read here */
export function readRecorded(folder: string, { graph }: Model): Recorded {
  const stored = new Set(graph.initializers.map(({ name }) => name));
  // Before IR version 4 initialisers are inputs as well; nothing is recorded for those.
  const fed = graph.inputs.filter(({ name }) => !stored.has(name));
  const part = join(folder, "test_data_set_0");
  return {
    inputs: readValues(part, "input", fed),
    outputs: readValues(part, "output", graph.outputs),
  };
}

function readValues(
  folder: string,
  kind: "input" | "output",
  infos: readonly ValueInfo[],
): ReadonlyMap<string, ModelTensor> {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${kind}_`));
  if (files.length !== infos.length) {
    throw new Refusal(`${files.length} ${kind}s are recorded for ${infos.length} of the graph`);
  }
  return new Map(
    infos.map(({ name, dtype }, index) => {
      if (dtype === null) throw new Refusal(`An ${kind} isn't a dense tensor`);
      const bytes = new Uint8Array(readFileSync(join(folder, `${kind}_${index}.pb`)));
      try {
        return [name, decodeTensor(readProtobuf(bytes))];
      } catch (error) {
        throw new Refusal(`A recorded ${kind} isn't read: ${inOneLine(error)}`, { cause: error });
      }
    }),
  );
}

/** A tensor that a session takes. @throws Refusal for strings and other types without an array */
function runnable(value: ModelTensor): Tensor {
  const dtype = DTYPES.find((each) => each === value.dtype);
  if (dtype === undefined || value.dtype === "string") {
    throw new Refusal(`Sessions don't take ${value.dtype}`);
  }
  // A copy: a view may begin where no element may.
  const { buffer } = value.bytes.slice();
  return tensor(dtype, value.dims, viewOf(dtype, buffer, 0, sizeOf(value.dims)));
}

/** The same for each of them, by name. */
export const runnables = (values: ReadonlyMap<string, ModelTensor>): Record<string, Tensor> =>
  Object.fromEntries([...values].map(([name, value]) => [name, runnable(value)]));

export const numbersOf = (value: Tensor | undefined): number[] =>
  Array.from<number | bigint, number>(value?.data ?? [], Number);
