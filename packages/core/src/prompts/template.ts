// Prompt templates as Dynamic Prompts has them: {a|b|c} is one of its options, {2::a|b} weighs them, {2$$a|b|c} takes two,
// {1-3$$ and $$a|b|c} one to three joined by " and "; __name__ is a line of a file. Options and lines may hold more of these.

import type { PromptWarning } from "./placed-text.ts";

/** A piece of a template. */
export type TemplateNode =
  | { readonly kind: "text"; readonly text: string }
  /** __name__; the name may hold * and **. */
  | { readonly kind: "wildcard"; readonly name: string }
  | {
      readonly kind: "variants";
      /** How many options to take. */
      readonly least: number;
      readonly most: number;
      readonly separator: string;
      readonly options: readonly TemplateOption[];
    };

/** One of the options, and how likely it is beside the others. */
export interface TemplateOption {
  readonly weight: number;
  readonly nodes: readonly TemplateNode[];
}

/** A template, read. */
export interface Template {
  readonly nodes: readonly TemplateNode[];
  readonly warnings: readonly PromptWarning[];
}

interface Frame {
  readonly start: number;
  /** The text of the options read so far, to fall back on. */
  readonly options: TemplateNode[][];
}

// Deeper nesting is text.
const deepest = 100;
const counts = /^\s*(?:(\d+)|(\d*)-(\d*))\$\$/;
const weightOf = /^\s*(\d+\.?\d*|\.\d+)::/;

/** Reads a template. Never throws: braces without partners, and such as hold no |, $$ or wildcard, are text. */
export function parseTemplate(template: string): Template {
  const warnings: PromptWarning[] = [];
  const root: TemplateNode[] = [];
  const stack: Frame[] = [];
  const top = (): TemplateNode[] => stack.at(-1)?.options.at(-1) ?? root;
  const put = (text: string) => top().push({ kind: "text", text });
  const warn = (start: number) =>
    warnings.push({ message: `"${template[start]}" has no partner and is text`, start, end: start + 1 });

  const pattern = /\\[{}|\\_]|__([\w\-./* ]*?[\w\-./*])__|[{|}]|[^\\{|}_]+|[^]/g;
  for (const { 0: token, 1: name, index } of template.matchAll(pattern)) {
    if (name !== undefined) top().push({ kind: "wildcard", name });
    // What is escaped here may be escaped for the prompt's own grammar too: only braces and bars lose their backslash.
    else if (/^\\[{}|]$/.test(token)) put(token[1]);
    else if (token === "{" && stack.length < deepest) stack.push({ start: index, options: [[]] });
    else if (token === "|" && stack.length > 0) stack.at(-1)!.options.push([]);
    else if (token === "}" && stack.length > 0) {
      const { options } = stack.pop()!;
      top().push(...variants(options));
    } else {
      if (token === "{" || token === "}") warn(index);
      put(token);
    }
  }
  while (stack.length > 0) {
    const { start, options } = stack.pop()!;
    warn(start);
    put("{");
    options.forEach((nodes, i) => top().push(...(i === 0 ? [] : [{ kind: "text", text: "|" } as const]), ...nodes));
  }
  return { nodes: joined(root), warnings: warnings.sort((a, b) => a.start - b.start) };
}

/** One option, as it stands in a variant or on a line of a wildcard file. */
export function templateOption(nodes: readonly TemplateNode[]): TemplateOption {
  const own = joined(nodes);
  const [first] = own;
  const match = first?.kind === "text" ? weightOf.exec(first.text) : null;
  return match === null
    ? { weight: 1, nodes: own }
    : { weight: Number(match[1]), nodes: cutStart(own, match[0].length) };
}

/** What a pair of braces makes of its options. */
function variants(written: readonly (readonly TemplateNode[])[]): TemplateNode[] {
  let options = written.map(joined);
  const [first] = options[0];
  const match = first?.kind === "text" ? counts.exec(first.text) : null;
  let [least, most, separator] = [1, 1, ", "];
  if (match !== null) {
    const [head, exact, low, high] = match;
    [least, most] =
      exact === undefined ? [Number(low || 1), Number(high || options.length)] : [Number(exact), Number(exact)];
    let rest = cutStart(options[0], head.length);
    const between = rest[0]?.kind === "text" ? /^([^$]*)\$\$/.exec(rest[0].text) : null;
    if (between !== null) {
      separator = between[1];
      rest = cutStart(rest, between[0].length);
    }
    options = [rest, ...options.slice(1)];
  } else if (options.length === 1) {
    return [{ kind: "text", text: "{" }, ...options[0], { kind: "text", text: "}" }];
  }
  return [
    {
      kind: "variants",
      least: Math.min(least, most, manyOptions),
      most: Math.min(Math.max(least, most), manyOptions),
      separator,
      options: options.map(templateOption),
    },
  ];
}

// More would be a slip of the finger, and a prompt without end.
const manyOptions = 1000;

/** `nodes` without the first `length` characters of the text they begin with. */
function cutStart(nodes: readonly TemplateNode[], length: number): TemplateNode[] {
  const [first, ...rest] = nodes;
  return first?.kind === "text" ? joined([{ kind: "text", text: first.text.slice(length) }, ...rest]) : [...nodes];
}

/** Neighbouring texts as one. */
function joined(nodes: readonly TemplateNode[]): TemplateNode[] {
  const result: TemplateNode[] = [];
  for (const node of nodes) {
    const last = result.at(-1);
    if (node.kind === "text" && node.text === "") continue;
    if (node.kind === "text" && last?.kind === "text")
      result[result.length - 1] = { kind: "text", text: last.text + node.text };
    else result.push(node);
  }
  return result;
}
