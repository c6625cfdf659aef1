import type { Issue } from "@groundswell/contracts";
import type { z } from "zod";

/** Why an item can't be used: for the answer to its sender, and for the quarantine. */
export interface Fault {
  code: string;
  /** The first issue in words. */
  detail: string;
  issues: Issue[];
}

export type Read<T> = { item: T; fault?: never } | { item?: never; fault: Fault };

/** @param path JSON pointer; empty for the item as a whole */
export function fault(code: string, path: string, message: string): { fault: Fault } {
  return { fault: faultWith(code, [{ path, message }]) };
}

/** @param at where what was parsed stands in the item */
export function faultOf(code: string, { issues }: z.ZodError, at = ""): Fault {
  const told = issues.slice(0, 10).map(({ path, message }) => ({
    path: `${at}${pointer(path)}`,
    message,
  }));
  return faultWith(code, told);
}

function faultWith(code: string, issues: Issue[]): Fault {
  const [first] = issues;
  const detail = first ? `${first.path || "the item"}: ${first.message}` : code;
  return { code, detail, issues };
}

/** RFC 6901. */
const pointer = (path: readonly PropertyKey[]) =>
  path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
