/** A patch that breaks a promise, and the test that must notice. */
export interface Breakage {
  file: string;
  /** `2 Twice is once`: number and name in DESIGN. */
  promise: string;
  project: string;
  test: string;
  /** Part of the name of a test that must go red. */
  fails: string;
}

/** @throws Error that names the missing header line */
export function parseBreakage(file: string, text: string): Breakage {
  const header = (name: string) => {
    const line = new RegExp(`^${name}: (.+)$`, "m").exec(text)?.[1];
    if (line === undefined) throw new Error(`${file}: no line "${name}: …" above the patch`);
    return line.trim();
  };
  const [project, test] = header("Test").split(" ");
  if (!project || !test) throw new Error(`${file}: "Test:" takes a vitest project and a test file`);
  return { file, promise: header("Promise"), project, test, fails: header("Fails") };
}
