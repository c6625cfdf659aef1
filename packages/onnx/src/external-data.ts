import { OnnxFormatError } from "./errors.ts";

/**
 * Answers `length` bytes from `offset` of the file `location`, which is a path below the
 * model's own folder: neither absolute nor with ".." in it. A link there may still lead
 * elsewhere; that is for the one who opens it to see to.
 */
export type ReadExternal = (location: string, offset: number, length: number) => Uint8Array;

/**
 * The bytes of a tensor that lies in another file.
 * @param entries `TensorProto.external_data`
 * @param length bytes that the tensor's type and sizes ask for
 * @throws OnnxFormatError without `read`, for a location outside of the model's folder, and for
 *   entries that contradict the tensor
 */
export function externalBytes(
  entries: Readonly<Record<string, string>>,
  length: number,
  read: ReadExternal | undefined,
): Uint8Array {
  if (read === undefined) {
    throw new OnnxFormatError("Tensors in external files are not read without `external`");
  }
  const { location, offset = "0", length: announced, checksum, ...others } = entries;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new OnnxFormatError(`External data has "${unknown}"`);
  // A checksum is of the whole file, which isn't read here.
  if (checksum !== undefined) throw new OnnxFormatError("External data has a checksum");
  if (announced !== undefined && natural(announced) !== length) {
    throw new OnnxFormatError(`External data of ${announced} bytes, ${length} are needed`);
  }
  const bytes = read(checkedLocation(location), natural(offset), length);
  if (bytes.length !== length) {
    throw new OnnxFormatError(`"${location}" gave ${bytes.length} bytes, ${length} are needed`);
  }
  return bytes;
}

function natural(text: string): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new OnnxFormatError(`"${text}" is no number of bytes`);
  return number;
}

/** Windows' separators and drives count as well: a file may be read there. */
function checkedLocation(location = ""): string {
  const parts = location.split(/[/\\]/);
  const isBelow = location !== "" && parts[0] !== "" && !parts.includes("..");
  if (isBelow && !/[:\p{Cc}]/u.test(location)) return location;
  throw new OnnxFormatError(`External data lies outside of the model's folder: "${location}"`);
}
