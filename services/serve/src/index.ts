/** Predictions over HTTP: every one logged, by weights that change while they are served. */
export { buildServe, type ServeDeps, type ServeLimits } from "./serve.ts";
