import { type Banking77, shuffled } from "./banking77.ts";
import { learnInBatches, learnOnline, type Task } from "./ours.ts";

/** What was tried for the recipe's defaults, the chosen ones first. */
const ONLINE = [{}, { learning_rate: 0.05 }, { learning_rate: 0.2 }, { replay: 48 }];
const BATCH = [{}, { batch_size: 64 }, { drop: 0.3 }, { learning_rate: 0.01 }];
const WIDTHS = [64, 128];

const HELD = 2_000;
const SEED = 1;

/** Compares settings on a part of the training split that is held back. The test split stays unseen. */
export function choose({ train, classes }: Banking77): void {
  const messages = shuffled(train, SEED);
  const task: Task = {
    classes,
    train: messages.slice(HELD),
    held: messages.slice(0, HELD),
    seed: SEED,
  };
  console.log(
    `Trained on ${task.train.length} messages of the training split, judged on ${HELD} others`,
  );
  for (const width of WIDTHS) {
    for (const online of ONLINE) {
      const { progressive, held } = learnOnline({ ...task, config: { width, online } });
      const last = progressive.at(-1)?.toFixed(1);
      console.log(
        `online ${width} wide ${JSON.stringify(online)}: progressive ${last}, held ${held.toFixed(2)} %`,
      );
    }
    for (const batch of BATCH) {
      const { held, seconds } = learnInBatches({ ...task, config: { width, batch } });
      console.log(
        `batch ${width} wide ${JSON.stringify(batch)}: held ${held.toFixed(2)} %, ${seconds.toFixed(1)} s`,
      );
    }
  }
}
