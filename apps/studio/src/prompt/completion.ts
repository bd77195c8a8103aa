// What could be written at the caret: names of LoRAs and hypernetworks inside <…>, of embeddings as words, of wildcards
// between underscores.

import type { Adapter } from "@noisette/server/schema/model";

/** What can be completed. */
export interface Completable {
  readonly adapters: readonly Adapter[];
  readonly wildcards: readonly string[];
}

/** What a completion is a name of. */
export type CompletionKind = Adapter["kind"] | "wildcard";

/** A text to put in place of [start, end) of the prompt. */
export interface Completion {
  readonly label: string;
  readonly kind: CompletionKind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const most = 8;
const tagNames: Readonly<Partial<Record<Adapter["kind"], string>>> = { lora: "lora", hypernetwork: "hypernet" };

/** The completions of `prompt` with the caret at `caret`: names that begin so first, then such as hold it. */
export function completionsAt(
  prompt: string,
  caret: number,
  { adapters, wildcards }: Completable,
): readonly Completion[] {
  const before = prompt.slice(0, caret);
  const wildcard = /(?:^|[^\p{L}\p{N}_])__([\p{L}\p{N}./-]*(?:_[\p{L}\p{N}./-]+)*_?)$/u.exec(before);
  if (wildcard !== null) {
    const [start, end] = [
      caret - wildcard[1].length - 2,
      caret + (/^[^\s_]*__/.exec(prompt.slice(caret))?.[0].length ?? 0),
    ];
    return best(
      wildcards.map((name) => ({ name, kind: "wildcard", aliases: [] })),
      wildcard[1],
      [start, end],
    );
  }
  const tag = /<(?:(?:lora|lyco|hypernet):)?([^<>:]*)$/.exec(before);
  const word = /(?:^|[\s,([{|])([\p{L}\p{N}][\p{L}\p{N}_.-]+)$/u.exec(before);
  if (tag === null && word === null) return [];
  const written = tag === null ? word![1] : tag[1];
  const start = tag === null ? caret - written.length : tag.index;
  // The rest of a tag that stands behind the caret is written anew.
  const end = tag === null ? caret : caret + (/^[^<>\s,]*>/.exec(prompt.slice(caret))?.[0].length ?? 0);
  const fitting = adapters.filter(({ kind }) => (tag === null ? kind === "embedding" : tagNames[kind] !== undefined));
  return best(fitting, written, [start, end]);
}

/** Something with names. */
interface Named {
  readonly name: string;
  readonly kind: CompletionKind;
  readonly aliases: readonly string[];
}

/** What `written` may be the beginning of, best first, to be put in place of [start, end). */
function best(
  named: readonly Named[],
  written: string,
  [start, end]: readonly [number, number],
): readonly Completion[] {
  return named
    .map((adapter) => ({ adapter, rank: rankOf(adapter, written) }))
    .filter(({ rank }) => rank < never)
    .sort((a, b) => a.rank - b.rank || a.adapter.name.localeCompare(b.adapter.name))
    .slice(0, most)
    .map(({ adapter: { name, kind } }) => ({ label: name, kind, text: textOf({ name, kind }), start, end }));
}

/** What a prompt calls it by. */
export const textOf = ({ name, kind }: Pick<Named, "name" | "kind">): string => {
  if (kind === "wildcard") return `__${name}__`;
  return tagNames[kind] === undefined ? name : `<${tagNames[kind]}:${name}:1>`;
};

const never = 2;

function rankOf({ name, aliases }: Named, written: string): number {
  const wanted = written.toLowerCase();
  const names = [name, ...aliases].map((one) => one.toLowerCase());
  if (names.some((one) => one.startsWith(wanted))) return 0;
  return names.some((one) => one.includes(wanted)) ? 1 : never;
}
