/** A graph was put together wrongly; the message names the operator and the shapes. */
export class GraphError extends Error {
  override readonly name = "GraphError";
  readonly code = "GRAPH";
}
