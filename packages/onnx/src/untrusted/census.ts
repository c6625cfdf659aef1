import { readProtobuf } from "../protobuf-reader.ts";
import type { ProtobufReader } from "../protobuf-reader.ts";
import type { UntrustedPolicy } from "./policy.ts";
import { ModelRefused, quoted } from "./refusal.ts";
import type { RefusalReason } from "./refusal.ts";

// Field numbers are those of onnx/onnx.proto.

type Message =
  | "model"
  | "graph"
  | "node"
  | "attribute"
  | "tensor"
  | "value"
  | "type"
  | "tensor type"
  | "shape"
  | "annotation"
  /** One with nothing in it that repeats. */
  | "leaf";

interface Fields {
  /** Messages inside. */
  readonly parts?: Readonly<Record<number, Message>>;
  /** Texts that may be repeated. */
  readonly texts?: readonly number[];
  /** Fields with which a model is not taken, whatever they hold. */
  readonly refused?: Readonly<Record<number, readonly [RefusalReason, string]>>;
  readonly name?: number;
}

const NOT_DENSE = ["element-type", "A value is no dense tensor"] as const;
const EXTERNAL = ["external-data", "A tensor lies in another file"] as const;
const RAW_DATA = 9;
const DATA_LOCATION = 14;

const FIELDS: Readonly<Record<Message, Fields>> = {
  model: {
    parts: { 7: "graph", 8: "leaf", 14: "leaf", 26: "leaf" },
    refused: {
      20: ["unsupported", "The model holds training information"],
      25: ["function", "The model has functions of its own"],
    },
  },
  graph: {
    parts: {
      1: "node",
      5: "tensor",
      11: "value",
      12: "value",
      13: "value",
      14: "annotation",
      16: "leaf",
    },
    refused: { 15: ["unsupported", "The graph has sparse initialisers"] },
  },
  node: { parts: { 5: "attribute", 9: "leaf", 10: "leaf" }, texts: [1, 2], name: 3 },
  attribute: {
    parts: { 5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 14: "type", 15: "type" },
    texts: [9],
    refused: {
      21: ["function", "An attribute refers to a function"],
      22: ["unsupported", "An attribute holds a sparse tensor"],
      23: ["unsupported", "An attribute holds sparse tensors"],
    },
    name: 1,
  },
  tensor: {
    parts: { 16: "leaf" },
    texts: [6],
    refused: { 3: ["unsupported", "A tensor comes in segments"], 13: EXTERNAL },
    name: 8,
  },
  value: { parts: { 2: "type", 4: "leaf" }, name: 1 },
  type: {
    parts: { 1: "tensor type" },
    refused: { 4: NOT_DENSE, 5: NOT_DENSE, 7: NOT_DENSE, 8: NOT_DENSE, 9: NOT_DENSE },
  },
  "tensor type": { parts: { 2: "shape" } },
  shape: { parts: { 1: "leaf" } },
  annotation: { parts: { 2: "leaf" } },
  leaf: {},
};

const NOTHING = new Uint8Array();

/** Names are only shown here: what is no UTF-8 is the reader's to refuse. */
const forgiving = new TextDecoder();

/**
 * Walks the file and counts, without building anything, so that a small file can't make the
 * reader allocate a large model: a message of two bytes becomes an object of a hundred.
 * @throws ModelRefused; OnnxFormatError for bytes that are no protobuf
 */
export function takeCensus(
  bytes: Uint8Array,
  { parts, structureBytes }: Pick<UntrustedPolicy, "parts" | "structureBytes">,
): void {
  let counted = 0;
  let raw = 0;

  function count(): void {
    counted += 1;
    if (counted > parts) {
      throw new ModelRefused("parts", `The model has more than ${parts} parts`);
    }
  }

  function walk(reader: ProtobufReader, message: Message): void {
    const { parts: inside, texts, refused, name: nameField } = FIELDS[message];
    let name: Uint8Array = NOTHING;
    let refusal: readonly [RefusalReason, string] | undefined;
    count();
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      const inner = inside?.[field];
      refusal ??= refused?.[field];
      if (inner !== undefined) walk(reader.message(), inner);
      else if (message === "tensor" && field === RAW_DATA) raw += reader.bytes().length;
      else if (message === "tensor" && field === DATA_LOCATION) {
        if (reader.unsigned() !== 0) refusal ??= EXTERNAL;
      } else if (field === nameField) name = reader.bytes();
      else {
        if (texts?.includes(field) === true) count();
        reader.skip();
      }
    }
    // Only now, because the name may stand behind it.
    if (refusal === undefined) return;
    const [reason, why] = refusal;
    const named = name.length > 0 ? `: ${quoted(forgiving.decode(name.subarray(0, 200)))}` : "";
    throw new ModelRefused(reason, `${why}${named}`);
  }

  walk(readProtobuf(bytes), "model");
  const rest = bytes.length - raw;
  if (rest > structureBytes) {
    throw new ModelRefused(
      "file-size",
      `${rest} bytes of the file are no raw tensor data, ${structureBytes} are allowed`,
    );
  }
}
