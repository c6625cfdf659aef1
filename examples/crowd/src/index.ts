/** The users of the example apps, and the HTTP API through which their apps talk to Groundswell. */
export type { App, Sample } from "./app.ts";
export { type Answer, type Client, type ClientOptions, connect } from "./client.ts";
export { count } from "./count.ts";
export { type ExamResult, sitExam } from "./exam.ts";
export { type Expected, expectedOf } from "./expected.ts";
export { examShareOf, splitLabelled } from "./labelled.ts";
export { type LeftOut, tellLeftOut } from "./left-out.ts";
export { type Attitude, type Crowd, type Plan, planCrowd } from "./plan.ts";
export { type Played, playCrowd, type PostedFeedback } from "./play.ts";
export { Refused } from "./problem.ts";
export { seededRandom, shuffled } from "./random.ts";
export { followRun } from "./run-events.ts";
