/** Jobs: what there is to do, how it is queued and tried again, and how it is found when the queue is lost. */
export {
  catalog,
  connectJobs,
  type Jobs,
  type JobsOptions,
  type QueueDepth,
} from "./connect-jobs.ts";
export { defineJob, type Job, type PayloadOf } from "./define-job.ts";
export { cleanInbox } from "./jobs/clean-inbox.ts";
export { trainModel } from "./jobs/train-model.ts";
export { type News, openNews } from "./news.ts";
export {
  type Attempt,
  type DeadJob,
  type Handler,
  type Handlers,
  type RunningWorker,
  type RunOptions,
  runWorker,
} from "./run-worker.ts";
export { startSweeper, type Sweeper, type SweeperOptions } from "./sweeper.ts";
