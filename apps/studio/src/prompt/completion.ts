// What could be written at the caret: names of LoRAs and hypernetworks inside <…>, of embeddings as words.

import type { Adapter } from "@noisette/server/schema/model";

/** What can be completed. */
export interface Completable {
  readonly adapters: readonly Adapter[];
}

/** A text to put in place of [start, end) of the prompt. */
export interface Completion {
  readonly label: string;
  readonly kind: Adapter["kind"];
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const most = 8;
const tagNames: Readonly<Partial<Record<Adapter["kind"], string>>> = { lora: "lora", hypernetwork: "hypernet" };

/** The completions of `prompt` with the caret at `caret`: names that begin so first, then such as hold it. */
export function completionsAt(prompt: string, caret: number, { adapters }: Completable): readonly Completion[] {
  const before = prompt.slice(0, caret);
  const tag = /<(?:(?:lora|lyco|hypernet):)?([^<>:]*)$/.exec(before);
  const word = /(?:^|[\s,([{|])([\p{L}\p{N}][\p{L}\p{N}_.-]+)$/u.exec(before);
  if (tag === null && word === null) return [];
  const written = tag === null ? word![1] : tag[1];
  const start = tag === null ? caret - written.length : tag.index;
  // The rest of a tag that stands behind the caret is written anew.
  const end = tag === null ? caret : caret + (/^[^<>\s,]*>/.exec(prompt.slice(caret))?.[0].length ?? 0);
  return adapters
    .filter(({ kind }) => (tag === null ? kind === "embedding" : tagNames[kind] !== undefined))
    .map((adapter) => ({ adapter, rank: rankOf(adapter, written) }))
    .filter(({ rank }) => rank < never)
    .sort((a, b) => a.rank - b.rank || a.adapter.name.localeCompare(b.adapter.name))
    .slice(0, most)
    .map(({ adapter: { name, kind } }) => ({ label: name, kind, text: textOf({ name, kind }), start, end }));
}

/** What a prompt calls an adapter by. */
export const textOf = ({ name, kind }: Pick<Adapter, "name" | "kind">): string =>
  tagNames[kind] === undefined ? name : `<${tagNames[kind]}:${name}:1>`;

const never = 2;

function rankOf({ name, aliases }: Adapter, written: string): number {
  const wanted = written.toLowerCase();
  const names = [name, ...aliases].map((one) => one.toLowerCase());
  if (names.some((one) => one.startsWith(wanted))) return 0;
  return names.some((one) => one.includes(wanted)) ? 1 : never;
}
