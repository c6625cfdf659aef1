/** The control API, its OpenAPI document and the dashboard. */
export { buildConsole, type ConsoleOptions } from "./build-console.ts";
export { modelMaker } from "./model-maker.ts";
export { openApiDocument } from "./openapi/document.ts";
