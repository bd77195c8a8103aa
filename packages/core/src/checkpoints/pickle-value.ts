// What a pickle turns into when nothing of it is executed: plain data, and inert stand-ins for objects.

import type { StoredType } from "../tensor/stored.ts";

/** A value of a pickle. Lists and tuples are arrays; integers beyond 2⁵³ are bigints; dictionaries are Maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleDictionary
  | Set<PickleValue>
  | PickleGlobal
  | PickleInstance
  | StorageType
  | PickledStorage
  | PickledTensor
  | NumpyType;

/** A dictionary, or an object that is one in all but name. */
export type PickleDictionary = Map<PickleValue, PickleValue>;

/** A class or function that a pickle names, with what may be done in its stead; without `make` or `forward` it cannot be called. */
export interface PickleGlobal {
  readonly kind: "global";
  /** Dotted: "collections.OrderedDict". */
  readonly name: string;
  /** The value of calling it. */
  readonly make?: (args: readonly PickleValue[], name: string) => PickleValue;
  /** The function and arguments that calling it calls in turn. */
  readonly forward?: (args: readonly PickleValue[]) => readonly [callee: PickleValue, args: PickleValue];
  /** What `__setstate__` does to a value it made; without it the state is dropped. */
  readonly setState?: (value: PickleValue, state: PickleValue) => void;
}

/** An object whose class is known to be harmless and of no interest: its name and whatever state it had. */
export interface PickleInstance {
  readonly kind: "instance";
  readonly name: string;
  state?: PickleValue;
}

/** torch.FloatStorage and the like; `type` is undefined for untyped bytes. */
export interface StorageType {
  readonly kind: "storage-type";
  readonly type?: StoredType;
}

/** A reference to a torch storage: a run of `count` elements (bytes when untyped) kept outside the pickle. */
export interface PickledStorage {
  readonly kind: "storage";
  readonly key: string;
  readonly type?: StoredType;
  readonly count: number;
  /** Where this storage views another: from which element (byte), and how many. */
  readonly view?: { readonly start: number; readonly count: number };
}

/** A torch tensor: a strided window on a storage, counted in elements. */
export interface PickledTensor {
  readonly kind: "tensor";
  readonly storage: PickledStorage;
  readonly type: StoredType;
  readonly offset: number;
  readonly dims: readonly number[];
  readonly strides: readonly number[];
}

/** A numpy dtype. */
export interface NumpyType {
  readonly kind: "numpy-type";
  /** "f4", "i8", "b1", … */
  readonly code: string;
  bigEndian: boolean;
}

/** A problem inside a pickle, as the end of a sentence that starts with "its pickle"; `unpickle` adds the file. */
export class PickleError extends Error {
  override readonly name = "PickleError";
}

/** Whether `value` is one of the tagged values of that kind. */
export function isKind<K extends PickleTagged["kind"]>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<PickleTagged, { kind: K }> {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === kind;
}

type PickleTagged = Extract<PickleValue, { kind: string }>;
