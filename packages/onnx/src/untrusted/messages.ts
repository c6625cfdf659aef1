import { DTYPES, elementSize, viewOf } from "../dtype.ts";
import type { DType } from "../dtype.ts";
import { sizeOf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { FrameError } from "./frame.ts";
import { oneLine } from "./refusal.ts";

/** A tensor without its data, which is in the payload, one after the other. */
interface TensorHeader {
  readonly dtype: DType;
  readonly dims: readonly number[];
}

/** What the parent asks. */
export type Request =
  /** The model's bytes are the payload. It replaces the one before. */
  | { readonly kind: "load"; readonly threads: number; readonly outputBytes: number }
  | {
      readonly kind: "run";
      readonly names: readonly string[];
      readonly feeds: readonly TensorHeader[];
      readonly wanted: readonly string[];
    };

/** What the child answers, in the order of the requests. */
export type Answer =
  | { readonly kind: "loaded" }
  | { readonly kind: "ran"; readonly outputs: readonly TensorHeader[] }
  | { readonly kind: "failed"; readonly message: string };

export const MESSAGE_LENGTH = 2_000;

export const headerOf = ({ dtype, dims }: Tensor): TensorHeader => ({ dtype, dims });

export const bytesOf = ({ data }: Tensor): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/**
 * Takes a payload apart into tensors, which share its memory.
 * @throws FrameError unless the headers are well formed and add up to the payload exactly
 */
export function tensorsOf(headers: unknown, payload: Uint8Array): Tensor[] {
  if (!Array.isArray(headers)) throw new FrameError("Tensors are no list");
  let at = 0;
  const tensors = headers.map((header: unknown) => {
    const { dtype, dims } = tensorHeader(header);
    const length = sizeOf(dims);
    const end = at + length * elementSize(dtype);
    if (!(end <= payload.length)) throw new FrameError("A tensor ends behind its payload");
    // Copied only where its elements wouldn't lie at multiples of their size.
    const aligned = (payload.byteOffset + at) % elementSize(dtype) === 0;
    const bytes = aligned ? payload.subarray(at, end) : payload.slice(at, end);
    at = end;
    return { dtype, dims, data: viewOf(dtype, bytes.buffer, bytes.byteOffset, length) } as Tensor;
  });
  if (at !== payload.length) throw new FrameError("A payload is longer than its tensors");
  return tensors;
}

const MOST_RANK = 64;

function tensorHeader(header: unknown): TensorHeader {
  const { dtype, dims } = (header ?? {}) as Partial<Record<keyof TensorHeader, unknown>>;
  const known = DTYPES.find((candidate) => candidate === dtype);
  if (known === undefined) throw new FrameError("A tensor has no element type that is known here");
  if (!Array.isArray(dims) || dims.length > MOST_RANK || !dims.every(isSize)) {
    throw new FrameError("A tensor has no proper dimensions");
  }
  return { dtype: known, dims };
}

const isSize = (dim: unknown): dim is number => Number.isSafeInteger(dim) && Number(dim) >= 0;

/** The answer that a header holds. @throws FrameError */
export function answerOf(header: unknown): Answer {
  const { kind, message } = (header ?? {}) as Record<string, unknown>;
  if (kind === "loaded" || kind === "ran") return header as Answer;
  if (kind === "failed" && typeof message === "string") {
    return { kind, message: oneLine(message, MESSAGE_LENGTH) };
  }
  throw new FrameError("An answer is of no known kind");
}
