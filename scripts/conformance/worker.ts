import { examine } from "./examine.ts";
import type { FromWorker, ToWorker } from "./workers.ts";

// One process of several: the runtime may take it down with it.
const tell = (message: FromWorker): void => {
  process.send?.(message);
};

process.on("message", ({ folder, checks }: ToWorker) => {
  for (const check of checks) {
    tell({ kind: "beginning", check, part: null });
    const outcome = examine(folder, check, (part) => tell({ kind: "beginning", check, part }));
    tell({ kind: "ended", check, outcome });
  }
  tell({ kind: "done" });
});
