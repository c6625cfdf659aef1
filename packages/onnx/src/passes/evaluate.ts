import { encodeModel } from "../encode.ts";
import type { Model, NodeDef, NumericTensor } from "../model.ts";
import { openSession } from "../session.ts";
import { stored } from "./stored.ts";

/**
 * What nodes compute that read constants only, by the runtime. Blocks the thread.
 * @param wanted names of the values to answer
 * @throws SessionError where the runtime refuses
 */
export function evaluate(
  model: Model,
  nodes: readonly NodeDef[],
  wanted: readonly string[],
  constantNamed: (name: string) => NumericTensor | undefined,
): NumericTensor[] {
  if (wanted.length === 0) return [];
  const isKnown = ({ outputs }: NodeDef): boolean =>
    outputs.every((name) => constantNamed(name) !== undefined);
  const needed = ancestors(
    nodes.filter((node) => !isKnown(node)),
    wanted,
  );
  const read = new Set(needed.flatMap(({ inputs }) => inputs));
  for (const name of needed.flatMap(({ outputs }) => outputs)) read.delete(name);
  const alone: Model = {
    ...model,
    graph: {
      name: "constants",
      nodes: needed,
      inputs: [],
      initializers: [...read].flatMap((name) => constantNamed(name) ?? []),
      outputs: wanted.map((name) => ({ name, dtype: null, shape: null })),
    },
  };
  const session = openSession(encodeModel(alone), { optimise: "none" });
  try {
    return Object.entries(session.run({})).map(([name, value]) => stored(name, value));
  } finally {
    session.close();
  }
}

function ancestors(nodes: readonly NodeDef[], wanted: readonly string[]): NodeDef[] {
  const needed = new Set(wanted);
  const kept = nodes.toReversed().filter((node) => {
    if (!node.outputs.some((name) => needed.has(name))) return false;
    for (const name of node.inputs) needed.add(name);
    return true;
  });
  return kept.toReversed();
}
