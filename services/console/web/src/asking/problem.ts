import type { Problem } from "@groundswell/contracts";

/** A request that did not succeed. `status` 0: no answer came. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ApiProblem";
    this.status = status;
    this.code = code;
  }

  /** Whether the server was not reached, or had no answer ready: worth asking again. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Reads problem+json (RFC 9457); a proxy's page of its own still gives a readable message. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const { status } = response;
  const type = response.headers.get("content-type") ?? "";
  if (!type.includes("json"))
    return new ApiProblem(status, "HTTP", `The server answered ${status}`);
  const { code, detail, title, issues } = (await response.json()) as Partial<Problem>;
  const fields = issues?.map(({ path, message }) => `${path}: ${message}`).join("; ");
  return new ApiProblem(status, code ?? "HTTP", fields || detail || title || `Status ${status}`);
}

/** What was thrown by a request, as a problem. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  const slow = error instanceof DOMException && error.name === "TimeoutError";
  const message = slow ? "The server took too long to answer" : "The server can't be reached";
  return new ApiProblem(0, "UNREACHABLE", message, { cause: error });
}
