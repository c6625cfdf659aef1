import { Problem } from "@groundswell/contracts";
import type { z } from "zod";

/** A proxy on the way may know less of problems than the platform does. */
const AnyProblem = Problem.partial();

/** The platform refused a request, and said why. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;
  readonly code: string;
  readonly issues: readonly { path: string; message: string }[];

  constructor(request: string, status: number, problem: z.output<typeof AnyProblem>) {
    const issues = problem.issues ?? [];
    const where = issues.map(({ path, message }) => `\n  ${path || "/"}: ${message}`).join("");
    super(`${request}: ${status} ${problem.detail ?? problem.title ?? "no reason given"}${where}`);
    this.status = status;
    this.code = problem.code ?? "";
    this.issues = issues;
  }
}

/** @param text of an answer that is no 2xx */
export function refusalOf(request: string, status: number, text: string): Refused {
  try {
    const problem = AnyProblem.safeParse(JSON.parse(text));
    if (problem.success) return new Refused(request, status, problem.data);
  } catch {
    // Not JSON: the text itself is all there is to tell.
  }
  return new Refused(request, status, { detail: text.slice(0, 300) });
}
