/** A graph was put together wrongly; the message names the operator and the shapes. */
export class GraphError extends Error {
  override readonly name = "GraphError";
  readonly code = "GRAPH";
}

/**
 * A gradient rule doesn't cover a variant of its operator; the message says which. The walk
 * makes a `GraphError` of it, which names the node and what would help.
 */
export class UnwrittenRule extends Error {
  override readonly name = "UnwrittenRule";
}
