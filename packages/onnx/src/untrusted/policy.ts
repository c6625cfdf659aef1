import { STANDARD_OPERATORS } from "./allowed-operators.ts";

/** What an untrusted model may be. Every bound is inclusive. */
export interface UntrustedPolicy {
  /** Size of the file. */
  readonly fileBytes: number;
  /** What is in the file beside raw tensor data; this is what memory is needed for to read it. */
  readonly structureBytes: number;
  /** Protobuf messages and names in the file. */
  readonly parts: number;
  /** Nodes, those of graphs inside nodes included; the same for initialisers. */
  readonly nodes: number;
  readonly initializers: number;
  /** Of all initialisers and of all tensors in attributes. */
  readonly tensorBytes: number;
  /** Of a declared shape, each symbol counted as one. */
  readonly elements: number;
  readonly rank: number;
  /** Inputs and outputs of the model, and of each node. */
  readonly arity: number;
  /** Values in one list of an attribute. */
  readonly attributeValues: number;
  /** UTF-16 code units of a name or a string in an attribute. */
  readonly textLength: number;
  /** Loop, Scan and If. They can run for as long as they like: only the limits of the process end them. */
  readonly controlFlow: boolean;
  /** Graphs inside nodes inside graphs …; 0 is the model's own graph. */
  readonly nesting: number;
  /** Versions of the standard operator set. */
  readonly operatorSet: { readonly from: number; readonly to: number };
  /** Operators by domain; "" is the standard one. */
  readonly operators: ReadonlyMap<string, ReadonlySet<string>>;
}

const MIB = 2 ** 20;

/** Room for models up to BERT-base in float32; no control flow, standard operators only. */
export const DEFAULT_POLICY: UntrustedPolicy = {
  fileBytes: 512 * MIB,
  structureBytes: 32 * MIB,
  parts: 500_000,
  nodes: 20_000,
  initializers: 20_000,
  tensorBytes: 512 * MIB,
  elements: 2 ** 28,
  rank: 8,
  arity: 1024,
  attributeValues: 65_536,
  textLength: 1024,
  controlFlow: false,
  nesting: 3,
  // Older sets have other meanings of some operators, and the runtime's kernels for them are
  // the least used; newer ones it doesn't load.
  operatorSet: { from: 7, to: 26 },
  operators: new Map([["", STANDARD_OPERATORS]]),
};
