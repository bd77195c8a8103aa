// A saved object in two parts: its tensors, named by their path, and the plain data around them.

import { cannotRead } from "../safetensors/cannot-read.ts";
import { isKind } from "./pickle-value.ts";
import type { PickledTensor, PickleValue } from "./pickle-value.ts";

/** Plain data of a torch file. Objects of harmless classes appear as {class, state}. */
export type PlainValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

/** What to separate. */
export interface SeparateOptions {
  /** The file's name, for messages. */
  readonly file: string;
  /** Path of the dictionary whose tensors are wanted, "" for all; by default the first of `wrappers` that holds tensors. */
  readonly root?: string;
}

/** Splits a saved object into the tensors under `root`, named by their path from there, and the plain rest of it all. */
export function separateTensors(
  saved: PickleValue,
  { file, root = defaultRoot(saved) }: SeparateOptions,
): { found: Map<string, PickledTensor>; plain: PlainValue } {
  const found = new Map<string, PickledTensor>();
  const prefix = root === "" ? "" : `${root}.`;
  let rootSeen = root === "";
  let count = 0;

  // Gives undefined for tensors, and for containers of nothing else.
  const walk = (value: PickleValue, path: string, depth: number): PlainValue | undefined => {
    // Lists may hold themselves, or each other so that they unfold without end.
    if (++count > maxValues) throw cannotRead(file, `it unfolds to more than ${maxValues} values`);
    if (depth > maxDepth) throw cannotRead(file, `it is nested more than ${maxDepth} deep`);
    rootSeen ||= path === root;
    if (isKind(value, "tensor")) {
      // A bare tensor has no name of its own.
      if (path === "" || path === root) addTensor("tensor", value);
      else if (path.startsWith(prefix)) addTensor(path.slice(prefix.length), value);
      return undefined;
    }
    const at = (key: string | number) => (path === "" ? String(key) : `${path}.${key}`);
    if (value instanceof Map) {
      const entries = Array.from(value, ([key, item]) => [keyText(file, key), item] as const);
      const plain = entries.map(([key, item]) => [key, walk(item, at(key), depth + 1)] as const);
      const kept = plain.filter((entry): entry is [string, PlainValue] => entry[1] !== undefined);
      return kept.length === 0 && plain.length > 0 ? undefined : Object.fromEntries(kept);
    }
    if (Array.isArray(value) || value instanceof Set) {
      const plain = Array.from(value, (item, i) => walk(item, at(i), depth + 1));
      return plain.length > 0 && plain.every((item) => item === undefined)
        ? undefined
        : plain.map((item) => item ?? null);
    }
    if (isKind(value, "instance")) {
      const state = value.state === undefined ? undefined : walk(value.state, at("state"), depth + 1);
      return state === undefined ? { class: value.name } : { class: value.name, state };
    }
    if (isKind(value, "global")) return { class: value.name };
    if (isKind(value, "numpy-type")) return value.code;
    if (isKind(value, "storage") || isKind(value, "storage-type")) return null;
    return value;
  };
  const addTensor = (name: string, tensor: PickledTensor): void => {
    if (found.has(name)) throw cannotRead(file, `two tensors are named "${name}"`);
    if (name.length > maxNameLength) throw cannotRead(file, `a tensor's name has ${name.length} characters`);
    found.set(name, tensor);
  };

  const plain = walk(saved, "", 0) ?? {};
  if (!rootSeen) throw cannotRead(file, `it has no "${root}" (${topLevel(saved)})`);
  return { found, plain };
}

function keyText(file: string, key: PickleValue): string {
  if (typeof key === "string") return key;
  if (isKind(key, "global") || isKind(key, "instance")) return key.name;
  if (typeof key === "object" && key !== null) {
    const isFlat = Array.isArray(key) && key.every((part) => typeof part === "string" || typeof part === "number");
    if (!isFlat) throw cannotRead(file, "a dictionary of it has a key that is no text or number");
    return key.join(",");
  }
  return String(key);
}

function topLevel(value: PickleValue): string {
  const names = value instanceof Map ? [...value.keys()].filter((key) => typeof key === "string") : [];
  return names.length === 0 ? "it is no dictionary" : `its top level has ${names.slice(0, 20).join(", ")}`;
}

/** Names under which trainers keep the weights, beside optimizers and counters. */
const wrappers = ["state_dict", "params_ema", "params"];

const maxDepth = 100;
const maxValues = 1_000_000;
const maxNameLength = 2000;

function defaultRoot(value: PickleValue): string {
  const entry = (name: string) => (value instanceof Map ? value.get(name) : undefined);
  const holdsTensors = (name: string) => {
    const inner = entry(name);
    return inner instanceof Map && [...inner.values()].some((item) => isKind(item, "tensor"));
  };
  return wrappers.find(holdsTensors) ?? "";
}
