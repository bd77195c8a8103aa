// Writes files as torch.save does: an uncompressed zip of a pickle (protocol 2) that refers to one member for each tensor. For
// programs that read nothing else.

import { writeFileAtomic } from "#platform";
import { zipSync } from "fflate";
import type { Tensor } from "../../tensor/tensor.ts";
import { concatenate } from "../../util/concatenate.ts";

/** What can be saved: float32 tensors in Python's plain values. Whole numbers are its int, others its float. */
export type TorchValue =
  | Tensor
  | string
  | number
  | boolean
  | null
  | readonly TorchValue[]
  | ReadonlyMap<string | number, TorchValue>
  | TorchTuple;

/** Python's tuple; arrays become lists. */
export interface TorchTuple {
  readonly tuple: readonly TorchValue[];
}

/** Writes `saved` to the file `path`, whole or not at all. */
export async function writeTorchFile(path: string, saved: TorchValue): Promise<void> {
  const storages: Uint8Array[] = [];
  const pickle = concatenate([Uint8Array.of(0x80, 2), pickled(saved, storages), ascii(".")]);
  const members = {
    "archive/data.pkl": pickle,
    "archive/byteorder": ascii("little"),
    ...Object.fromEntries(storages.map((bytes, i) => [`archive/data/${i}`, bytes])),
    "archive/version": ascii("3\n"),
  };
  await writeFileAtomic(path, [zipSync(members, { level: 0 })]);
}

function pickled(value: TorchValue, storages: Uint8Array[]): Uint8Array {
  if (value === null) return ascii("N");
  if (typeof value === "string") return text(value);
  if (typeof value === "boolean") return Uint8Array.of(value ? 0x88 : 0x89);
  if (typeof value === "number") return Number.isInteger(value) ? integer(value) : float(value);
  const each = (values: readonly TorchValue[]) => values.map((one) => pickled(one, storages));
  if (isList(value)) return concatenate([ascii("]("), ...each(value), ascii("e")]);
  if (value instanceof Map)
    return concatenate([ascii("}("), ...each([...(value as ReadonlyMap<string, TorchValue>)].flat()), ascii("u")]);
  return "tuple" in value ? tuple(each(value.tuple)) : tensorValue(value as Tensor, storages);
}

const isList = (value: object): value is readonly TorchValue[] => Array.isArray(value);

/** torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks). */
function tensorValue({ dims, data }: Tensor, storages: Uint8Array[]): Uint8Array {
  const key = storages.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()) - 1;
  const strides = dims.map((_, i) => dims.slice(i + 1).reduce((a, b) => a * b, 1));
  const storage = tuple([
    text("storage"),
    global("torch", "FloatStorage"),
    text(String(key)),
    text("cpu"),
    integer(data.length),
  ]);
  return concatenate([
    global("torch._utils", "_rebuild_tensor_v2"),
    tuple([
      concatenate([storage, ascii("Q")]),
      integer(0),
      tuple(dims.map(integer)),
      tuple(strides.map(integer)),
      pickled(false, storages),
      concatenate([global("collections", "OrderedDict"), ascii(")R")]),
    ]),
    ascii("R"),
  ]);
}

const ascii = (characters: string): Uint8Array => new TextEncoder().encode(characters);
const tuple = (parts: readonly Uint8Array[]): Uint8Array => concatenate([ascii("("), ...parts, ascii("t")]);
const global = (module: string, name: string): Uint8Array => ascii(`c${module}\n${name}\n`);
const integer = (value: number): Uint8Array => concatenate([ascii("J"), littleEndian(value)]);

function text(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  return concatenate([ascii("X"), littleEndian(bytes.length), bytes]);
}

function float(value: number): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = 0x47; // "G"
  new DataView(bytes.buffer).setFloat64(1, value, false);
  return bytes;
}

function littleEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
