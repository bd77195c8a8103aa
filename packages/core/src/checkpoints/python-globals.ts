// The harmless names of Python's own library that checkpoints use. Nothing here can reach a file, a process or a module.

import { PickleError } from "./pickle-value.ts";
import type { PickleDictionary, PickleInstance, PickleValue } from "./pickle-value.ts";
import type { PickleGlobals } from "./pickle.ts";

/** Containers and plain values of Python's library, under their Python 2 and 3 names. */
export const pythonGlobals: PickleGlobals = {
  ...both("set", { make: ([items]) => new Set(list(items)) }),
  ...both("frozenset", { make: ([items]) => new Set(list(items)) }),
  ...both("list", { make: ([items]) => [...list(items)] }),
  ...both("tuple", { make: ([items]) => [...list(items)] }),
  ...both("dict", { make: ([pairs]) => dictionary(pairs) }),
  ...both("bytearray", { make: (args) => bytes(args) }),
  ...both("bytes", { make: (args) => bytes(args) }),
  ...both("int", marker("int")),
  ...both("long", marker("int")), // what Python 3 calls int when it writes for Python 2
  ...both("float", marker("float")),
  ...both("object", { make: () => new Map(), setState: setAttributes }),
  "collections.OrderedDict": { make: ([pairs]) => dictionary(pairs) },
  "collections.Counter": { make: ([pairs]) => dictionary(pairs) },
  "collections.defaultdict": { make: ([, pairs]) => dictionary(pairs) },
  "collections.deque": { make: ([items]) => [...list(items)] },
  "argparse.Namespace": { make: () => new Map(), setState: setAttributes },
  "types.SimpleNamespace": { make: () => new Map(), setState: setAttributes },
  "_codecs.encode": { make: (args) => bytes(args) },
  "copyreg._reconstructor": { forward: reconstruct },
  "copy_reg._reconstructor": { forward: reconstruct },
  "pathlib.PosixPath": { make: path },
  "pathlib.PurePosixPath": { make: path },
  "pathlib.WindowsPath": { make: path },
  "pathlib._local.PosixPath": { make: path },
  "typing.Any": marker("typing.Any"),
};

/** A class that may be named but does nothing: its objects are empty, and keep the state they are given. */
export const inert = {
  make: (_args: readonly PickleValue[], name: string): PickleInstance => ({ kind: "instance", name }),
  setState: (value: PickleValue, state: PickleValue): void => {
    (value as PickleInstance).state = state;
  },
};

/** A class that may be named, as a key or an argument, but not called. */
export function marker(name: string): PickleValue {
  return { kind: "global", name };
}

/** `__setstate__` of a dictionary-like object: its attributes become its entries. */
export function setAttributes(value: PickleValue, state: PickleValue): void {
  if (!(value instanceof Map) || !(state instanceof Map))
    throw new PickleError("gives an object a state without names");
  for (const [name, attribute] of state as PickleDictionary) (value as PickleDictionary).set(name, attribute);
}

/** `args` as texts and numbers; anything nested is refused, for it may be endless. */
export function words(args: readonly PickleValue[]): (string | number)[] {
  return args.map((arg) => {
    if (typeof arg !== "string" && typeof arg !== "number") throw new PickleError("names something by no text");
    return arg;
  });
}

function both(name: string, entry: PickleGlobals[string]): PickleGlobals {
  return { [`builtins.${name}`]: entry, [`__builtin__.${name}`]: entry };
}

function list(items: PickleValue | undefined): Iterable<PickleValue> {
  if (items === undefined) return [];
  if (Array.isArray(items) || items instanceof Set) return items;
  throw new PickleError("makes a container from something that is no list");
}

/** A dictionary from nothing, from another, or from pairs. */
function dictionary(pairs: PickleValue | undefined): PickleDictionary {
  if (pairs instanceof Map) return new Map(pairs);
  const entries = [...list(pairs)];
  if (!entries.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    throw new PickleError("makes a dictionary from something that is no list of pairs");
  }
  return new Map(entries as [PickleValue, PickleValue][]);
}

/** Python 2's pickles write bytes as the Latin-1 text `encode` turns back into them. */
function bytes([text, encoding = "latin1"]: readonly PickleValue[]): Uint8Array {
  if (text === undefined) return new Uint8Array(0);
  if (text instanceof Uint8Array) return text;
  if (typeof text !== "string" || (encoding !== "latin1" && encoding !== "latin-1")) {
    throw new PickleError("encodes text otherwise than in Latin-1");
  }
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Protocols 0 and 1 make objects as (class, base class, base value). */
function reconstruct([type, , base]: readonly PickleValue[]): [PickleValue, PickleValue[]] {
  return [type, base === null || base === undefined ? [] : [base]];
}

function path(parts: readonly PickleValue[]): string {
  return words(parts).join("/").replace(/^\/\//, "/");
}
