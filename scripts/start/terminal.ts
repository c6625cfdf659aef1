import { stripVTControlCharacters, styleText } from "node:util";

/** Where the story is told. */
export interface Terminal {
  line: (text?: string) => void;
  /** What changes all the time: one line that is drawn anew, or now and then a line. Asked only when due. */
  progress: (text: () => string) => void;
  bold: (text: string) => string;
  dim: (text: string) => string;
}

interface Output {
  isTTY?: boolean;
  columns?: number;
  write: (text: string) => unknown;
}

/** A figure that changes faster can't be read. */
const REDRAW_MS = 1_000;
/** Into a file or a pipe, progress is a line now and then. */
const LINE_EVERY_MS = 5_000;
const CLEAR = "\r\u001b[2K";

export function createTerminal(output: Output, clock: () => number): Terminal {
  const live = output.isTTY === true;
  let drawn = false;
  let last = -Infinity;
  const clear = () => {
    if (drawn) output.write(CLEAR);
    drawn = false;
  };
  return {
    line(text = "") {
      clear();
      output.write(`${text}\n`);
      last = -Infinity;
    },
    progress(text) {
      const now = clock();
      if (now - last < (live ? REDRAW_MS : LINE_EVERY_MS)) return;
      last = now;
      if (!live) return void output.write(`${stripVTControlCharacters(text())}\n`);
      output.write(`${CLEAR}${fit(text(), output.columns ?? 80)}`);
      drawn = true;
    },
    // styleText looks at NO_COLOR and FORCE_COLOR, and at whether standard output is a terminal.
    bold: (text) => styleText("bold", text),
    dim: (text) => styleText("dim", text),
  };
}

/** A line that wraps could not be drawn over. */
function fit(text: string, columns: number): string {
  const plain = stripVTControlCharacters(text);
  return plain.length < columns ? text : `${plain.slice(0, columns - 2)}…`;
}
