import { OnnxFormatError } from "./errors.ts";
import type { Described, Metadata } from "./model.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

/** A `StringStringEntryProto`. */
export function readEntry(reader: ProtobufReader): [string, string] {
  let key = "";
  let value = "";
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) key = reader.text();
    else if (field === 2) value = reader.text();
    else throw reader.unknown("an entry");
  }
  return [key, value];
}

/** @throws OnnxFormatError for a key that is given twice: one of its values would be lost */
export function byKey<T>(
  entries: readonly (readonly [string, T])[],
  of: string,
): Record<string, T> {
  // fromEntries, because a key may be called __proto__ by someone who means harm.
  const record = Object.fromEntries(entries);
  if (Object.keys(record).length === entries.length) return record;
  const keys = entries.map(([key]) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  throw new OnnxFormatError(`"${twice}" is given twice in ${of}`);
}

/** What a message said to people and tools. */
export function described(
  doc: string,
  metadata: readonly (readonly [string, string])[],
): Described {
  return {
    ...(doc !== "" && { doc }),
    ...(metadata.length > 0 && { metadata: byKey(metadata, "metadata") as Metadata }),
  };
}
