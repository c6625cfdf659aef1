import { crc32 } from "node:zlib";

import {
  dataOf,
  decodeSafetensors,
  encodeSafetensors,
  SafetensorsFormatError,
  tensor,
  type Tensor,
} from "@groundswell/onnx";
import { z } from "zod";

import type { ChangedRows, WeightChanges, Weights } from "./weights.ts";

/** What a frame says of the weights in it. */
export interface FrameHeader {
  modelId: string;
  /** Token of the learner's lease: a lower one is of a learner that lost its model. */
  fence: number;
  /** Number of the version from which this line of learning began. */
  base: number;
  /** The step that changes build on: they hold every row touched after it. Null in a whole frame. */
  from: number | null;
  /** The step that these weights are of. */
  step: number;
}

/** Weights on their way from a learner to whoever serves them. */
export type Frame =
  | { kind: "whole"; header: FrameHeader; weights: Weights }
  | { kind: "changes"; header: FrameHeader; changes: WeightChanges };

/** The bytes are no whole frame of this format. */
export class FrameError extends Error {
  override readonly name = "FrameError";
  readonly code = "FRAME";
}

/** "GSWF" read as little-endian. */
const MAGIC = 0x46575347;
const FORMAT = 1;
const HEAD = 16;

const integer = z.codec(z.string().regex(/^\d{1,15}$/), z.int(), {
  decode: Number,
  encode: String,
});
const Header = z.object({
  model: z.string(),
  kind: z.enum(["whole", "changes"]),
  fence: integer,
  base: integer,
  from: integer.optional(),
  step: integer,
});

/**
 * Frame: magic, format, length of the body, CRC-32 of the body (four little-endian uint32), then the body: a
 * safetensors file whose metadata is the header.
 *
 * A model without tables needs no `changes`: its dense parameters are all there anyway.
 */
export function encodeFrame(frame: Frame): Uint8Array {
  const { modelId, fence, base, from, step } = frame.header;
  const body = encodeSafetensors(
    frame.kind === "whole" ? wholeTensors(frame.weights) : changedTensors(frame.changes),
    {
      model: modelId,
      kind: frame.kind,
      fence: String(fence),
      base: String(base),
      step: String(step),
      ...(from !== null && { from: String(from) }),
    },
  );
  const bytes = new Uint8Array(HEAD + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, FORMAT, true);
  view.setUint32(8, body.length, true);
  view.setUint32(12, crc32(body), true);
  bytes.set(body, HEAD);
  return bytes;
}

/**
 * Its tensors are copies: a buffer of the network may be used again.
 *
 * @throws FrameError for truncated, damaged, foreign or newer bytes
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  const body = bodyOf(bytes);
  const { tensors, metadata } = readBody(body);
  const parsed = Header.safeParse(metadata);
  if (!parsed.success) throw new FrameError(`Its header is wrong: ${parsed.error.message}`);
  const { model: modelId, kind, fence, base, from = null, step } = parsed.data;
  if ((kind === "changes") !== (from !== null))
    throw new FrameError(`A frame of kind ${kind} ${from === null ? "needs" : "has no"} "from"`);
  const header: FrameHeader = { modelId, fence, base, from, step };
  return kind === "whole"
    ? { kind, header, weights: readWhole(tensors) }
    : { kind, header, changes: readChanges(tensors) };
}

function bodyOf(bytes: Uint8Array): Uint8Array {
  if (bytes.length < HEAD) throw new FrameError(`${bytes.length} bytes are no frame`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new FrameError("Not a frame of weights");
  const format = view.getUint32(4, true);
  if (format !== FORMAT) throw new FrameError(`Format ${format}, this reads format ${FORMAT}`);
  const length = view.getUint32(8, true);
  if (length !== bytes.length - HEAD)
    throw new FrameError(`${length} bytes were sent, ${bytes.length - HEAD} came`);
  const body = Uint8Array.prototype.slice.call(bytes, HEAD);
  if (crc32(body) !== view.getUint32(12, true)) throw new FrameError("Its checksum is wrong");
  return body;
}

function readBody(body: Uint8Array) {
  try {
    return decodeSafetensors(body);
  } catch (cause) {
    if (!(cause instanceof SafetensorsFormatError)) throw cause;
    throw new FrameError(`Its body is wrong: ${cause.message}`, { cause });
  }
}

const DENSE = "dense/";
const TABLE = "table/";
const ROWS = "rows/";
const VALUES = "values/";

const prefixed = (prefix: string, tensors: Readonly<Record<string, Tensor>>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, value]) => [prefix + name, value]));

function wholeTensors({ dense, tables }: Weights): Record<string, Tensor> {
  return { ...prefixed(DENSE, dense), ...prefixed(TABLE, tables) };
}

function changedTensors({ dense, tables }: WeightChanges): Record<string, Tensor> {
  const tensors = prefixed(DENSE, dense);
  for (const [name, { rows, values }] of Object.entries(tables)) {
    const width = rows.length === 0 ? 0 : values.length / rows.length;
    tensors[ROWS + name] = tensor("int32", [rows.length], rows);
    tensors[VALUES + name] = tensor("float32", [rows.length, width], values);
  }
  return tensors;
}

// Built by entries: a parameter may be named "__proto__", which an assignment would lose.
function readWhole(tensors: Record<string, Tensor>): Weights {
  const dense: [string, Tensor][] = [];
  const tables: [string, Tensor][] = [];
  for (const [name, value] of Object.entries(tensors)) {
    if (name.startsWith(DENSE)) dense.push([name.slice(DENSE.length), value]);
    else if (name.startsWith(TABLE)) tables.push([name.slice(TABLE.length), value]);
    else throw new FrameError(`A whole frame has no place for "${name}"`);
  }
  return { dense: Object.fromEntries(dense), tables: Object.fromEntries(tables) };
}

function readChanges(tensors: Record<string, Tensor>): WeightChanges {
  const dense: [string, Tensor][] = [];
  const tables: [string, ChangedRows][] = [];
  for (const [name, value] of Object.entries(tensors)) {
    if (name.startsWith(DENSE)) dense.push([name.slice(DENSE.length), value]);
    else if (name.startsWith(ROWS)) {
      const table = name.slice(ROWS.length);
      tables.push([table, readRows(table, value, tensors[VALUES + table])]);
    } else if (!name.startsWith(VALUES) || tensors[ROWS + name.slice(VALUES.length)] === undefined)
      throw new FrameError(`A frame of changes has no place for "${name}"`);
  }
  return { dense: Object.fromEntries(dense), tables: Object.fromEntries(tables) };
}

function readRows(table: string, rows: Tensor, values: Tensor | undefined): ChangedRows {
  if (rows.dtype !== "int32" || rows.dims.length !== 1 || values?.dtype !== "float32")
    throw new FrameError(`The rows of "${table}" are wrong`);
  if (values.dims.length !== 2 || values.dims[0] !== rows.dims[0])
    throw new FrameError(
      `"${table}" has ${rows.dims[0]} rows and values [${values.dims.join(", ")}]`,
    );
  return { rows: dataOf(rows, "int32"), values: dataOf(values, "float32") };
}
