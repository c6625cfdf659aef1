import { dtypeOfSafetensorsTag, elementSize, safetensorsTag, viewOf } from "./dtype.ts";
import type { DType } from "./dtype.ts";
import { SafetensorsFormatError } from "./errors.ts";
import { sizeOf } from "./tensor.ts";
import type { Tensor } from "./tensor.ts";

/** What a safetensors file holds. */
export interface SafetensorsFile {
  readonly tensors: Record<string, Tensor>;
  readonly metadata: Record<string, string>;
}

const LENGTH_BYTES = 8;
const ALIGNMENT = 8;
/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;

/** A tensor's place in the file, offsets counted from the end of the header. */
interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Writes the safetensors layout (github.com/huggingface/safetensors, "Format"): 8 bytes of
 * header length, a JSON header padded with spaces, then the data, widest elements first so
 * that every tensor is aligned. Names are sorted: the same content gives the same bytes,
 * whatever order it was put together in.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = Object.entries(tensors).sort(
    ([nameA, a], [nameB, b]) =>
      elementSize(b.dtype) - elementSize(a.dtype) || (nameA < nameB ? -1 : 1),
  );
  let offset = 0;
  const header: string[] = [];
  const metadataKeys = Object.keys(metadata).sort();
  if (metadataKeys.length > 0) {
    const pairs = metadataKeys.map((key) => `${quote(key)}:${quote(metadata[key] ?? "")}`);
    header.push(`"__metadata__":{${pairs.join(",")}}`);
  }
  for (const [name, { dtype, dims, data }] of ordered) {
    if (name === "__metadata__") throw new RangeError("A tensor can't be called __metadata__");
    const end = offset + data.byteLength;
    header.push(
      `${quote(name)}:{"dtype":${quote(safetensorsTag(dtype))},` +
        `"shape":[${dims.join(",")}],"data_offsets":[${offset},${end}]}`,
    );
    offset = end;
  }
  const text = new TextEncoder().encode(`{${header.join(",")}}`);
  const headerBytes = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(LENGTH_BYTES + headerBytes + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(text, LENGTH_BYTES);
  file.fill(0x20, LENGTH_BYTES + text.length, LENGTH_BYTES + headerBytes);
  let at = LENGTH_BYTES + headerBytes;
  for (const [, { data }] of ordered) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/**
 * Reads a safetensors file. Tensors are views of `bytes` where their place is aligned for
 * their type, copies elsewhere.
 * @throws SafetensorsFormatError for anything but a whole and consistent file
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { header, dataStart } = readHeader(bytes);
  const entries: Entry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") metadata = readMetadata(value);
    else entries.push(readEntry(name, value));
  }
  refuseHolesAndOverlaps(entries, bytes.length - dataStart);
  const tensors = entries.map(
    (entry) => [entry.name, readTensor(bytes, dataStart, entry)] as const,
  );
  return { tensors: Object.fromEntries(tensors), metadata };
}

function readHeader(bytes: Uint8Array): { header: object; dataStart: number } {
  if (bytes.length < LENGTH_BYTES) {
    throw new SafetensorsFormatError(`${bytes.length} bytes are too few for a header length`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(Math.min(MAX_HEADER_BYTES, bytes.length - LENGTH_BYTES))) {
    throw new SafetensorsFormatError(`A header of ${length} bytes doesn't fit the file`);
  }
  const dataStart = LENGTH_BYTES + Number(length);
  let header: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(
      bytes.subarray(LENGTH_BYTES, dataStart),
    );
    header = JSON.parse(text);
  } catch (cause) {
    throw new SafetensorsFormatError("The header is no JSON", { cause });
  }
  if (!isObject(header)) throw new SafetensorsFormatError("The header is no JSON object");
  return { header, dataStart };
}

function readMetadata(value: unknown): Record<string, string> {
  if (!isObject(value) || !Object.values(value).every((entry) => typeof entry === "string")) {
    throw new SafetensorsFormatError("__metadata__ may hold only strings");
  }
  return value as Record<string, string>;
}

function readEntry(name: string, value: unknown): Entry {
  const wrong = (what: string): SafetensorsFormatError =>
    new SafetensorsFormatError(`Tensor "${name}" ${what}`);
  if (!isObject(value)) throw wrong("is no JSON object");
  const { dtype: tag, shape: dims, data_offsets: offsets } = value as Record<string, unknown>;
  const dtype = typeof tag === "string" ? dtypeOfSafetensorsTag(tag) : undefined;
  if (dtype === undefined) throw wrong(`has element type ${JSON.stringify(tag)}`);
  if (!isSizes(dims)) throw wrong(`has shape ${JSON.stringify(dims)}`);
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw wrong(`has offsets ${JSON.stringify(offsets)}`);
  }
  const [begin = 0, end = 0] = offsets;
  if (end - begin !== sizeOf(dims) * elementSize(dtype)) {
    throw wrong(`has ${end - begin} bytes for [${dims.join(", ")}] of ${dtype}`);
  }
  return { name, dtype, dims, begin, end };
}

/** The format asks for data that lies end to end and fills the file. */
function refuseHolesAndOverlaps(entries: readonly Entry[], dataLength: number): void {
  let expected = 0;
  for (const { name, begin, end } of entries.toSorted(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== expected) {
      throw new SafetensorsFormatError(`Tensor "${name}" begins at ${begin}, not at ${expected}`);
    }
    expected = end;
  }
  if (expected !== dataLength) {
    throw new SafetensorsFormatError(`The tensors end at ${expected}, the data at ${dataLength}`);
  }
}

function readTensor(bytes: Uint8Array, dataStart: number, entry: Entry): Tensor {
  const { dtype, dims, begin, end } = entry;
  const from = bytes.byteOffset + dataStart + begin;
  const length = (end - begin) / elementSize(dtype);
  const aligned = from % elementSize(dtype) === 0;
  const data = aligned
    ? viewOf(dtype, bytes.buffer, from, length)
    : viewOf(dtype, bytes.slice(dataStart + begin, dataStart + end).buffer, 0, length);
  return { dtype, dims, data } as Tensor;
}

const quote = (text: string): string => JSON.stringify(text);

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) &&
  value.every((size) => typeof size === "number" && Number.isSafeInteger(size) && size >= 0);
