import { posix } from "node:path";

import { type Import, readModule } from "./module-facts.ts";
import { mayReadEnvironment, rowOf, soleImporters, sqlFolders } from "./table.ts";

export interface Package {
  folder: string;
  name: string;
  /** Names in its dependencies and devDependencies. */
  declared: readonly string[];
}

export interface SourceFile {
  /** From the root of the repository, with `/`. */
  path: string;
  text: string;
}

/** Everything that the rules look at; the root package is the one with folder `.`. */
export interface Workspace {
  packages: readonly Package[];
  files: readonly SourceFile[];
}

/** What breaks a rule, one line each. */
export function complaints(workspace: Workspace): string[] {
  return [
    ...rootComplaints(workspace),
    ...workspace.packages.flatMap(({ folder }) =>
      folder === "." || rowOf(folder) ? [] : [`${folder}: has no row in the table`],
    ),
    ...workspace.files.flatMap((file) =>
      fileComplaints(workspace, file).map((what) => `${file.path}: ${what}`),
    ),
  ];
}

/** Node.js and TypeScript look in the root's node_modules last: every folder could import it undeclared. */
function rootComplaints({ packages }: Workspace): string[] {
  const names = new Set(packages.map(({ name }) => name));
  const root = packages.find(({ folder }) => folder === ".");
  return (root?.declared ?? [])
    .filter((name) => names.has(name))
    .map((name) => `package.json: the root depends on ${name}`);
}

const TEST_ENVIRONMENT = "@groundswell/local/testing";

function fileComplaints(workspace: Workspace, { path, text }: SourceFile): string[] {
  const found = /(^|\/)(utils?|common|shared|helpers?|misc)(\.[^/]*)?(?=\/|$)/.exec(path);
  const named = found ? [`${found[2]} names the drawer, not the thing`] : [];
  const owner = packageOf(workspace, path);
  if (!owner) return named;
  const facts = readModule(path, text);
  // What tests stand on (a project with people in it, say) lies beside them, and is one of them.
  const isTest =
    /\.test\.tsx?$/.test(path) || facts.imports.some(({ to }) => to === TEST_ENVIRONMENT);
  const reads = facts.readsEnvironment && !isTest && !mayReadEnvironment(owner.folder, path);
  const sql = !isTest && !sqlFolders.includes(owner.folder) && facts.strings.find(looksLikeSql);
  return [
    ...named,
    ...facts.imports.flatMap((one) => {
      const why = importComplaint(workspace, owner, path, one);
      return why ? [`imports ${one.to}: ${why}`] : [];
    }),
    ...(reads ? ["reads process.env: take it as an input"] : []),
    ...(sql ? [`holds SQL, which belongs to packages/db: ${sql.trim().slice(0, 50)}`] : []),
  ];
}

/** The innermost package that a file lies in. */
function packageOf({ packages }: Workspace, path: string): Package | undefined {
  return packages
    .filter(({ folder }) => path.startsWith(`${folder}/`))
    .toSorted((a, b) => b.folder.length - a.folder.length)[0];
}

function importComplaint(
  workspace: Workspace,
  owner: Package,
  path: string,
  { to, type }: Import,
): string | undefined {
  if (to.startsWith(".")) {
    const target = posix.join(posix.dirname(path), to);
    return packageOf(workspace, target) === owner ? undefined : "reaches out of its package";
  }
  const name = to
    .split("/")
    .slice(0, to.startsWith("@") ? 2 : 1)
    .join("/");
  const guard = soleImporters[name];
  if (guard !== undefined && guard !== owner.folder) return `only ${guard} may`;
  const target = workspace.packages.find((one) => one.name === name);
  if (!target || target === owner) return undefined;
  if (!owner.declared.includes(name)) return "is not in its package.json";
  // Tests may use what they need, but no other service.
  if (/\.test\.tsx?$/.test(path) && !target.folder.startsWith("services/")) return undefined;
  const row = rowOf(owner.folder);
  if (row === undefined || row === "all" || row.may.includes(target.folder)) return undefined;
  if (row.types?.includes(target.folder))
    return type ? undefined : `${owner.folder} may import only its types`;
  return `${owner.folder} may not`;
}

/** Statements as they are written in code, all small or all capital letters, not as words in a sentence. */
const STATEMENTS = [
  /^\s*(with\s[\s\S]*\sas\s*\([\s\S]*)?select\s[\s\S]*\sfrom\s/,
  /^\s*select\s+(\d|[\w.]+\()/,
  /^\s*insert\s+into\s/,
  /^\s*update\s+[\w."]+\s+set\s/,
  /^\s*delete\s+from\s/,
  /^\s*(create|alter|drop)\s+(table|index|role|schema|database|policy|function|type)\s/,
  /^\s*(truncate\s+\w|lock\s+table\s|set\s+local\s|copy\s+\w+\s*\()/,
];

function looksLikeSql(text: string): boolean {
  const inCapitals = /^\s*[A-Z]{4,}\b/.test(text);
  const statement = inCapitals ? text.toLowerCase() : text;
  return STATEMENTS.some((pattern) => pattern.test(statement));
}
