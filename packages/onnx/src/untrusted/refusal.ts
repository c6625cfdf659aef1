/** Why an untrusted model isn't taken. */
export type RefusalReason =
  /** No ONNX file, cut short, or with something in it that this package doesn't read. */
  | "format"
  /** The file, or what is in it beside raw tensor data, is too large. */
  | "file-size"
  /** Too many messages: nodes, attributes, names and so on, counted before anything is built. */
  | "parts"
  /** A tensor lies in another file. */
  | "external-data"
  /** Local functions, or attributes that refer to one. */
  | "function"
  /** Sparse tensors, training information: nothing here needs them. */
  | "unsupported"
  /** The version of an operator set is outside the allowed range, named twice or not at all. */
  | "operator-set"
  | "domain"
  | "operator"
  /** Loop, Scan, If, or a graph inside a node. */
  | "control-flow"
  | "nesting"
  | "nodes"
  | "initializers"
  | "tensor-bytes"
  /** A declared shape of too many elements, too high a rank, or none at all. */
  | "shape"
  | "element-type"
  | "attribute"
  | "arity"
  /** An input is left out, or comes from a computation, where it must not. */
  | "input"
  /** An output that must have a name has none: some builds of the runtime crash on it. */
  | "output-left-out"
  /** A name that is too long, empty or reserved. */
  | "name"
  /** A value that nothing before it makes: unknown, out of order, or a cycle. */
  | "unknown-value"
  | "duplicate-value"
  /** This machine can't keep the model apart as the caller requires. */
  | "isolation";

/** The model is not run; the message says where and why, in text that is safe to log. */
export class ModelRefused extends Error {
  override readonly name = "ModelRefused";
  readonly code = "ONNX_REFUSED";
  readonly reason: RefusalReason;
  /** Which node, e.g. `node 3 (Conv "conv1")`; null where the reason is in no node. */
  readonly node: string | null;

  constructor(
    reason: RefusalReason,
    why: string,
    { node = null, cause }: { node?: string | null; cause?: unknown } = {},
  ) {
    super(node === null ? why : `${node}: ${why}`, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.node = node;
  }
}

/** Text that a stranger may have written, as it may stand in a message: cut, and on one line. */
export const oneLine = (text: string, length: number): string =>
  text.slice(0, length).replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ");

const SHOWN = 60;

/** A name out of the file, as one line of a message: quoted, escaped, cut. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
