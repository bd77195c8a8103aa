// .ckpt, .pt, .pth and .bin files of torch.save: tensors as byte ranges, everything else as plain data.
// Nothing in the file is executed (see pickle.ts) and no tensor is read.

import { openFile } from "#platform";
import type { ByteSource } from "../platform/bytes.ts";
import { cannotRead } from "../safetensors/cannot-read.ts";
import { storedTypeBytes } from "../tensor/stored.ts";
import type { StoredTensor, StoredTensors } from "../tensor/stored.ts";
import { elementCount } from "../tensor/tensor.ts";
import type { PickledTensor } from "./pickle-value.ts";
import { separateTensors } from "./separate-tensors.ts";
import type { PlainValue } from "./separate-tensors.ts";
import { openTorchLegacy } from "./torch-legacy.ts";
import { openTorchZip } from "./torch-zip.ts";
import type { TorchArchive } from "./torch-zip.ts";

/** What a torch file holds. */
export interface TorchFile {
  /** By their path from the root, joined with ".": list and tuple entries by number. */
  readonly tensors: StoredTensors;
  /** The whole saved object without its tensors: epoch, global_step, names, settings. */
  readonly plain: PlainValue;
}

/** How to read a torch file. */
export interface ReadTorchOptions {
  /**
   * Path of the dictionary whose tensors are wanted, "" for all. Left out, it is "state_dict" (or "params_ema",
   * "params") where the file has such a dictionary of tensors, otherwise "".
   */
  readonly root?: string;
}

/** Reads which bytes of a torch file hold which tensor. Throws an Error that says what is wrong or not allowed. */
export async function readTorchFile(path: string, options: ReadTorchOptions = {}): Promise<TorchFile> {
  const source = await openFile(path);
  try {
    return await readTorch(source, options);
  } finally {
    await source.close();
  }
}

/** As `readTorchFile`, from an open source. */
export async function readTorch(source: ByteSource, { root }: ReadTorchOptions = {}): Promise<TorchFile> {
  const start = await source.read(0, Math.min(4, source.size));
  const isZip = start[0] === 0x50 && start[1] === 0x4b; // "PK"
  const archive = await (isZip ? openTorchZip(source) : openTorchLegacy(source));
  const { found, plain } = separateTensors(archive.value, { file: source.name, root });
  const tensors = new Map<string, StoredTensor>();
  for (const [name, pickled] of found) tensors.set(name, await locateTensor(source, { archive, name, pickled }));
  return { tensors, plain };
}

interface Placed {
  readonly archive: TorchArchive;
  readonly name: string;
  readonly pickled: PickledTensor;
}

async function locateTensor(source: ByteSource, { archive, name, pickled }: Placed): Promise<StoredTensor> {
  const fail = (problem: string): Error => cannotRead(source.name, `tensor "${name}" ${problem}`);
  const { storage, type, offset, dims, strides } = pickled;
  const count = elementCount(dims);
  if (!Number.isSafeInteger(count)) throw fail(`has the size [${dims}]`);
  const elementBytes = storedTypeBytes[type];
  const storageCount = Math.floor(((storage.view ?? storage).count * bytesPerCount(pickled)) / elementBytes);
  if (count > 0 && offset + count > storageCount)
    throw fail(`ends at element ${offset + count} of a storage of ${storageCount}`);
  const layout = layoutOf(dims, strides);
  if (!layout) throw fail(`has the strides [${strides}] for [${dims}] (rows or columns one after another are wanted)`);
  const range = await archive.locate(storage);
  const start = count > 0 ? (storage.view?.start ?? 0) * bytesPerCount(pickled) + offset * elementBytes : 0;
  return { name, type, file: source.name, offset: range.offset + start, byteLength: count * elementBytes, ...layout };
}

/** Storages count elements of their type, or bytes. */
function bytesPerCount({ storage }: PickledTensor): number {
  return storage.type ? storedTypeBytes[storage.type] : 1;
}

/** The dimensions as stored: row-major, or for a matrix its transpose. `undefined` for any other layout. */
function layoutOf(
  dims: readonly number[],
  strides: readonly number[],
): Pick<StoredTensor, "dims" | "transposed"> | undefined {
  if (isRowMajor(dims, strides)) return { dims };
  const [rows, columns] = dims;
  const isTransposed = dims.length === 2 && isRowMajor([columns, rows], [strides[1], strides[0]]);
  return isTransposed ? { dims: [columns, rows], transposed: true } : undefined;
}

/** Strides of dimensions of size 1 do not matter, nor any of an empty tensor. */
function isRowMajor(dims: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = dims.length - 1; i >= 0; i--) {
    if (dims[i] !== 1 && strides[i] !== expected) return dims.includes(0);
    expected *= dims[i];
  }
  return true;
}
