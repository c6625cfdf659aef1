/**
 * Messages a second that the text classifier learns online, on one thread: 64 wide, 16 new
 * messages and 48 replayed ones a step. Prints the median of several passes over Banking77.
 */
import { initialWeights, type ModelSettings, openLearner, recipes } from "@groundswell/training";

import { readBanking77 } from "../text/banking77.ts";

const NEW = 16;
const REPLAYED = 48;
const PASSES = 5;

const data = readBanking77();
if (data !== undefined) {
  const settings: ModelSettings = {
    recipe: "text-classifier",
    classes: data.classes,
    config: recipes["text-classifier"].config.parse({ width: 64, online: { replay: REPLAYED } }),
    seed: 1,
  };
  const examples = data.train.map(({ text, label, row }) => ({
    seq: row + 1,
    input: Buffer.from(text),
    target: label,
    weight: 1,
    person: String(row),
  }));
  const rates = Array.from({ length: PASSES }, () => {
    const learner = openLearner(settings, { weights: initialWeights(settings) });
    const [began, before] = [performance.now(), process.cpuUsage()];
    for (let from = 0, step = 1; from < examples.length; from += NEW, step++)
      learner.learn({ step, examples: examples.slice(from, from + NEW), dropped: [], rules: 1 });
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(before);
    learner.close();
    return { wall: examples.length / seconds, cpu: examples.length / ((user + system) / 1e6) };
  });
  const median = (kind: "wall" | "cpu"): number =>
    rates.map((rate) => rate[kind]).toSorted((a, b) => a - b)[PASSES >> 1] ?? Number.NaN;
  console.log(
    `Text classifier, 64 wide, ${NEW} new + ${REPLAYED} replayed, one thread: ` +
      `${Math.round(median("wall"))} messages a second, ${Math.round(median("cpu"))} a second of ` +
      `CPU time (${PASSES} passes over ${examples.length} messages)`,
  );
}
