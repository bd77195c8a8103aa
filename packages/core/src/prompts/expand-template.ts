// A prompt from a template: every choice is drawn from one seeded generator, so that a seed means a text too.

import { closestName } from "../safetensors/closest-name.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import type { TemplateNode, TemplateOption } from "./template.ts";
import { parseTemplate, templateOption } from "./template.ts";

/** Where wildcards come from. */
export interface Wildcards {
  /** Where that is, for messages. */
  readonly source: string;
  /** All names, folders with "/". */
  readonly names: readonly string[];
  /** The lines that one may become. */
  lines(name: string): Promise<readonly string[]>;
}

/** What a template is expanded with. */
export interface ExpandOptions {
  readonly seed: number;
  readonly wildcards?: Wildcards;
}

/** Expands templates of one picture, one after the other, from the same generator. */
export type Expand = (template: string) => Promise<string>;

// A file whose lines name itself may end by chance, and does not when all do.
const deepest = 100;

/**
 * Expansion with `seed`. Throws Error on a wildcard that there is none of, with the closest name, and RangeError on such as
 * go on naming each other.
 */
export function templateExpansion({ seed, wildcards }: ExpandOptions): Expand {
  const generator = new TorchGenerator(seed);
  const uniform = () => generator.nextUint32() / 2 ** 32;

  async function text(nodes: readonly TemplateNode[], chain: readonly string[]): Promise<string> {
    const parts: string[] = [];
    for (const node of nodes) {
      if (node.kind === "text") parts.push(node.text);
      else if (node.kind === "wildcard") parts.push(await oneOf(await linesOf(node.name), [...chain, node.name]));
      else parts.push(await several(node, chain));
    }
    return parts.join("");
  }

  async function oneOf(options: readonly TemplateOption[], chain: readonly string[]): Promise<string> {
    if (chain.length > deepest) {
      const names = chain.slice(-4).map((name) => `__${name}__`);
      throw new RangeError(`Cannot expand ${names[0]}: its lines go on without end (… ${names.join(" → ")} …)`);
    }
    return text(options[drawn(options, uniform())].nodes, chain);
  }

  async function several(
    { least, most, separator, options }: Extract<TemplateNode, { kind: "variants" }>,
    chain: readonly string[],
  ): Promise<string> {
    // {2$$__colours__} takes two lines of the file.
    const [only] = options;
    const isFile = options.length === 1 && only.nodes.length === 1 && only.nodes[0].kind === "wildcard";
    const name = isFile ? (only.nodes[0] as { name: string }).name : undefined;
    const all = name === undefined ? options : await linesOf(name);
    const inner = name === undefined ? chain : [...chain, name];
    const count = least === most ? least : least + Math.floor(uniform() * (most - least + 1));
    const taken: string[] = [];
    let left = [...all];
    while (taken.length < count) {
      if (left.length === 0) left = [...all];
      const [option] = left.splice(drawn(left, uniform()), 1);
      taken.push(await oneOf([option], inner));
    }
    return taken.join(separator);
  }

  async function linesOf(name: string): Promise<readonly TemplateOption[]> {
    if (wildcards === undefined)
      throw new Error(`Cannot expand __${name}__: there are no wildcards (a folder of them is wanted)`);
    const { names, source } = wildcards;
    const pattern = globPattern(name);
    const found = names.filter((known) => (pattern === undefined ? known === name : pattern.test(known)));
    if (found.length === 0) {
      const closest = closestName(name, names);
      const hint = closest === undefined ? "it holds none" : `closest: __${closest}__`;
      throw new Error(`Cannot expand __${name}__: no such file in ${source} (${hint})`);
    }
    const lines = (await Promise.all(found.map((file) => wildcards.lines(file)))).flat();
    if (lines.length === 0)
      throw new Error(`Cannot expand __${name}__: no lines in ${found.join(", ")} (of ${source})`);
    return lines.map((line) => templateOption(parseTemplate(line).nodes));
  }

  return (template) => text(parseTemplate(template).nodes, []);
}

/** Whether a text holds anything to expand. */
export const isTemplate = (text: string): boolean => parseTemplate(text).nodes.some(({ kind }) => kind !== "text");

/** The option that u of [0, 1) falls on; all weights 0 are as good as equal ones. */
function drawn(options: readonly TemplateOption[], u: number): number {
  const sum = options.reduce((total, { weight }) => total + weight, 0);
  if (!(sum > 0 && Number.isFinite(sum))) return Math.floor(u * options.length);
  let left = u * sum;
  for (const [i, { weight }] of options.entries()) {
    left -= weight;
    if (left < 0) return i;
  }
  return options.length - 1;
}

/** What a name with * (within a folder) or ** (any depth) fits; undefined for one without. */
function globPattern(name: string): RegExp | undefined {
  if (!name.includes("*")) return undefined;
  const parts = name.split(/(\*+)/).map((part) => {
    if (/^\*+$/.test(part)) return part.length === 1 ? "[^/]*" : ".*";
    return part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`, "u");
}
