/** Every word that crosses a process boundary: schemas, routes, channels, error codes. */
export * from "./answer-headers.ts";
export * from "./api-key.ts";
export * from "./channels.ts";
export * from "./consent.ts";
export * from "./errors.ts";
export * from "./feedback.ts";
export * from "./model.ts";
export * from "./names.ts";
export * from "./operations.ts";
export * from "./overview.ts";
export * from "./prediction.ts";
export * from "./routes.ts";
export * from "./sign-in.ts";
export * from "./tracking.ts";
export * from "./training-run.ts";
export * from "./uuid7.ts";
