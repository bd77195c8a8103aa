// What a module imports and exports, read from its syntax tree (Vite's parser) and not from its text.

import { parseSync, Visitor } from "vite";
import { lineAt, type SourceFile } from "./source-files.ts";

/** One import, re-export, dynamic import or `import("…")` type: what it names and on which line. */
export interface ImportedModule {
  readonly specifier: string;
  readonly line: number;
}

/** One exported name of a module and whether a doc comment stands before its declaration. */
export interface ExportedName {
  readonly name: string;
  readonly line: number;
  readonly documented: boolean;
}

/** Returns every module named by the file, in order of appearance. */
export function importedModules(file: SourceFile): ImportedModule[] {
  const found: { specifier: string; start: number }[] = [];
  const add = (source: { type: string; start: number; value?: unknown } | null) => {
    if (typeof source?.value === "string") found.push({ specifier: source.value, start: source.start });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
  }).visit(parse(file).program);
  return found
    .sort((a, b) => a.start - b.start)
    .map(({ specifier, start }) => ({ specifier, line: lineAt(file.text, start) }));
}

/**
 * Returns the names declared and exported by the file; re-exports of other modules are documented there.
 * A name declared several times (overloads, a type and a value) counts as documented when one declaration is.
 */
export function exportedNames(file: SourceFile): ExportedName[] {
  const { program, comments } = parse(file);
  const docEnds = comments.filter((c) => c.type === "Block" && c.value.startsWith("*")).map((c) => c.end);
  const lineComments = comments.filter((c) => c.type === "Line");

  // A doc comment belongs to the statement when nothing but space and line comments (a lint directive) is between.
  const isDocumented = (start: number) =>
    docEnds.some((end) => {
      if (end > start) return false;
      const between = lineComments.filter((c) => c.start >= end && c.end <= start);
      return (
        between.reduceRight((text, c) => text.replace(`//${c.value}`, ""), file.text.slice(end, start)).trim() === ""
      );
    });

  const declared = new Map<string, { start: number; documented: boolean }>();
  const exported = new Set<string>();
  for (const statement of program.body) {
    const isExport = statement.type === "ExportNamedDeclaration";
    const declaration = isExport ? statement.declaration : statement;
    if (isExport && statement.declaration === null && statement.source === null) {
      for (const { local } of statement.specifiers) if (local.type === "Identifier") exported.add(local.name);
    }
    if (declaration === null) continue;
    for (const name of declaredNames(declaration)) {
      if (isExport) exported.add(name);
      const before = declared.get(name);
      const documented = isDocumented(statement.start) || before?.documented === true;
      declared.set(name, { start: before?.start ?? statement.start, documented });
    }
  }
  return [...declared]
    .filter(([name]) => exported.has(name))
    .map(([name, { start, documented }]) => ({ name, line: lineAt(file.text, start), documented }));
}

type Parsed = ReturnType<typeof parseSync>;
type Statement = Parsed["program"]["body"][number];

function parse(file: SourceFile): Parsed {
  const parsed = parseSync(file.path, file.text);
  const [error] = parsed.errors;
  if (error !== undefined) throw new SyntaxError(`Cannot parse "${file.path}": ${error.message}`);
  return parsed;
}

function declaredNames(node: Statement): string[] {
  switch (node.type) {
    case "VariableDeclaration":
      return node.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
    case "FunctionDeclaration":
    case "TSDeclareFunction":
    case "ClassDeclaration":
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return node.id === null ? [] : [node.id.name];
    default:
      return [];
  }
}
