import { readProtobuf } from "../protobuf-reader.ts";
import type { ProtobufReader } from "../protobuf-reader.ts";
import type { UntrustedPolicy } from "./policy.ts";
import { ModelRefused, quoted } from "./refusal.ts";
import type { RefusalReason } from "./refusal.ts";

// Field numbers are those of onnx/onnx.proto.

type Message = "model" | "graph" | "node" | "attribute" | "tensor" | "other";

/** Messages inside messages. */
const PARTS: Readonly<Record<Message, Readonly<Record<number, Message>>>> = {
  model: { 7: "graph", 8: "other", 14: "other" },
  graph: { 1: "node", 5: "tensor", 11: "other", 12: "other", 13: "other" },
  node: { 5: "attribute", 9: "other" },
  attribute: { 5: "tensor", 6: "graph", 10: "tensor", 11: "graph" },
  tensor: {},
  other: {},
};

/** Texts that may be repeated. */
const TEXTS: Readonly<Record<Message, readonly number[]>> = {
  model: [],
  graph: [],
  node: [1, 2],
  attribute: [9],
  tensor: [6],
  other: [],
};

/** Fields with which a model is not taken, whatever they hold. */
const REFUSED: Readonly<
  Record<Message, Readonly<Record<number, readonly [RefusalReason, string]>>>
> = {
  model: {
    20: ["unsupported", "The model holds training information"],
    25: ["function", "The model has functions of its own"],
  },
  graph: { 15: ["unsupported", "The graph has sparse initialisers"] },
  node: {},
  attribute: {
    21: ["function", "An attribute refers to a function"],
    22: ["unsupported", "An attribute holds a sparse tensor"],
    23: ["unsupported", "An attribute holds sparse tensors"],
  },
  tensor: {
    3: ["unsupported", "A tensor comes in segments"],
    13: ["external-data", "A tensor lies in another file"],
  },
  other: {},
};

const NAME_FIELD: Readonly<Partial<Record<Message, number>>> = { node: 3, attribute: 1, tensor: 8 };
const RAW_DATA = 9;
const DATA_LOCATION = 14;

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
    let name = "";
    let refused: readonly [RefusalReason, string] | undefined;
    count();
    for (let field = reader.next(); field !== 0; field = reader.next()) {
      const inner = PARTS[message][field];
      refused ??= REFUSED[message][field];
      if (inner !== undefined) walk(reader.message(), inner);
      else if (message === "tensor" && field === RAW_DATA) raw += reader.bytes().length;
      else if (message === "tensor" && field === DATA_LOCATION) {
        if (reader.unsigned() !== 0) refused ??= REFUSED.tensor[13];
      } else if (field === NAME_FIELD[message]) name = reader.text();
      else {
        if (TEXTS[message].includes(field)) count();
        reader.skip();
      }
    }
    // Only now, because the name may stand behind it.
    if (refused === undefined) return;
    const [reason, why] = refused;
    throw new ModelRefused(reason, name === "" ? why : `${why}: ${quoted(name)}`);
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
