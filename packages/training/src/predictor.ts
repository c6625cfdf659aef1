import { dataOf, type RunsOn } from "@groundswell/onnx";

import { openForward } from "./forward.ts";
import type { ModelSettings, Predictor, Weights } from "./recipe.ts";
import { architectureOf } from "./recipes/index.ts";
import { scatterRows } from "./table.ts";
import { sorted } from "./weights.ts";

/**
 * Opens a model for prediction. `weights` are the predictor's from now on.
 *
 * @throws Error where the weights are not those of such a model
 */
export function openPredictor(
  settings: ModelSettings,
  weights: Weights,
  runsOn: RunsOn = {},
): Predictor {
  const architecture = architectureOf(settings);
  const forward = openForward(architecture, runsOn);
  const batcher = architecture.createBatcher();
  const checked = ({ dense, tables }: Weights) => sorted(architecture, { ...dense, ...tables });
  let current = checked(weights);

  return {
    predict: (inputs) =>
      forward.run(batcher.together(inputs.map((input) => architecture.features(input))), current),
    replace(next) {
      current = checked(next);
    },
    apply({ dense, tables }) {
      current = { dense: checked({ dense, tables: current.tables }).dense, tables: current.tables };
      for (const [name, { rows, values }] of Object.entries(tables)) {
        const table = dataOf(current.tables[name], "float32");
        const width = table.length / (architecture.tableRows[name] ?? 1);
        if (values.length !== rows.length * width)
          throw new RangeError(`${rows.length} rows of "${name}" have ${values.length} numbers`);
        scatterRows(table, rows, width, values);
      }
    },
    weights: () => current,
    close: () => forward.close(),
  };
}
