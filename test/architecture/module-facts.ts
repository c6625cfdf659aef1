import { parseSync, Visitor } from "vite";

export interface Import {
  to: string;
  /** Erased before the module runs. */
  type: boolean;
}

/** What the rules need to know of one module. */
export interface ModuleFacts {
  imports: Import[];
  /** Texts in the code, without comments. */
  strings: string[];
  readsEnvironment: boolean;
}

/** @throws on a file that does not parse */
export function readModule(file: string, text: string): ModuleFacts {
  const { program, module, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  // `import { type X }` still loads the module at run time; only `import type` is erased.
  const erased = (start: number, entries: { isType: boolean }[]) =>
    entries.every((entry) => entry.isType) && /^(import|export)\s+type\b/.test(text.slice(start));
  const facts: ModuleFacts = { imports: [], strings: [], readsEnvironment: false };
  for (const { start, entries, moduleRequest } of module.staticImports)
    facts.imports.push({ to: moduleRequest.value, type: erased(start, entries) });
  for (const { start, entries } of module.staticExports)
    for (const { moduleRequest } of entries)
      if (moduleRequest)
        facts.imports.push({ to: moduleRequest.value, type: erased(start, entries) });
  visitor(facts).visit(program);
  return facts;
}

function visitor(facts: ModuleFacts): Visitor {
  return new Visitor({
    Literal: ({ value }) => {
      if (typeof value === "string") facts.strings.push(value);
    },
    TemplateLiteral: ({ quasis }) => {
      facts.strings.push(quasis.map(({ value }) => value.cooked ?? value.raw).join("?"));
    },
    MemberExpression: ({ object, property }) => {
      if (object.type !== "Identifier" || object.name !== "process") return;
      const name = property.type === "Identifier" ? property.name : undefined;
      if (name === "env") facts.readsEnvironment = true;
    },
    ImportExpression: ({ source }) => {
      if (source.type === "Literal") facts.imports.push({ to: String(source.value), type: false });
    },
    TSImportType: ({ source }) => {
      facts.imports.push({ to: source.value, type: true });
    },
    CallExpression: ({ callee, arguments: [first] }) => {
      const name = callee.type === "Identifier" ? callee.name : undefined;
      if (name === "require" && first?.type === "Literal")
        facts.imports.push({ to: String(first.value), type: false });
    },
  });
}
