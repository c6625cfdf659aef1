export interface Decoded {
  text: string;
  /** As the Encoding Standard calls it. */
  encoding: "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";
}

/**
 * The text of a file of unknown origin. A byte order mark decides, or the zeros of UTF-16; without
 * them it is UTF-8 where that is possible, and else Windows-1252, in which older spreadsheets write.
 */
export function decodeText(bytes: Uint8Array): Decoded {
  const encoding = encodingOf(bytes);
  return { text: new TextDecoder(encoding).decode(bytes), encoding };
}

function encodingOf(bytes: Uint8Array): Decoded["encoding"] {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  // A header is in Latin letters: of each pair of bytes one is zero, and always the same one.
  const start = bytes.subarray(0, 32);
  const zeros = (odd: number) => start.filter((byte, at) => at % 2 === odd && byte === 0).length;
  if (start.length >= 8 && zeros(1) > start.length * 0.4 && zeros(0) === 0) return "utf-16le";
  if (start.length >= 8 && zeros(0) > start.length * 0.4 && zeros(1) === 0) return "utf-16be";
  try {
    // What was cut at the limit may end within a character.
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return "utf-8";
  } catch {
    return "windows-1252"; // every sequence of bytes can be read as that
  }
}
