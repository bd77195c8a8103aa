// What torch.save wrote before 1.6 (and still does when asked to): five pickles in a row (a magic number, the protocol
// version, facts about the machine, the object, the keys of its storages), then each storage in the order of those
// keys as an 8-byte count of elements and its bytes.

import type { ByteSource } from "../platform/bytes.ts";
import { cannotRead } from "../safetensors/cannot-read.ts";
import { storedTypeBytes } from "../tensor/stored.ts";
import { isKind } from "./pickle-value.ts";
import type { PickledStorage, PickleValue } from "./pickle-value.ts";
import { maxPickleBytes, unpickle } from "./pickle.ts";
import { persistentStorage, torchGlobals } from "./torch-globals.ts";
import type { TorchArchive } from "./torch-zip.ts";
import type { ByteRange } from "./zip-directory.ts";

const magicNumber = 0x1950a86a20f9469cfc6cn;
const protocolVersion = 1001;

/** Opens the form torch.save had before 1.6. */
export async function openTorchLegacy(source: ByteSource): Promise<TorchArchive> {
  const { name: file } = source;
  const bytes = await source.read(0, Math.min(source.size, maxPickleBytes));
  const storages = new Map<string, PickledStorage>();
  let position = 0;
  const next = (): PickleValue => {
    const { value, end } = unpickle(bytes, { file, start: position, globals: torchGlobals, persistentLoad });
    position = end;
    return value;
  };
  const persistentLoad = (id: PickleValue): PickleValue => {
    const value = persistentStorage(id);
    if (isKind(value, "storage") && !storages.has(value.key)) storages.set(value.key, value);
    return value;
  };

  if (next() !== magicNumber)
    throw cannotRead(file, "it is a pickle but not of torch.save (its magic number is missing)");
  const version = next();
  if (version !== protocolVersion)
    throw cannotRead(file, `it has not version ${protocolVersion} of torch's old format`);
  const machine = next();
  if (machine instanceof Map && machine.get("little_endian") === false) {
    throw cannotRead(file, "its numbers are big-endian (little-endian is wanted)");
  }
  const value = next();
  const ranges = await locateAll(source, { keys: next(), storages, position });
  return {
    value,
    async locate({ key, type, count }) {
      const range = ranges.get(key);
      if (!range) throw cannotRead(file, `storage "${key}" is missing (the file may be cut off)`);
      const wanted = count * (type ? storedTypeBytes[type] : 1);
      if (range.byteLength < wanted)
        throw cannotRead(file, `storage "${key}" has ${range.byteLength} bytes (${wanted} are wanted)`);
      return range;
    },
  };
}

interface Layout {
  readonly keys: PickleValue;
  readonly storages: ReadonlyMap<string, PickledStorage>;
  readonly position: number;
}

async function locateAll(source: ByteSource, { keys, storages, position }: Layout): Promise<Map<string, ByteRange>> {
  const ranges = new Map<string, ByteRange>();
  if (!Array.isArray(keys)) throw cannotRead(source.name, "it has no list of storages");
  let at = position;
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (!storage) throw cannotRead(source.name, "it lists a storage that no tensor uses");
    if (ranges.has(storage.key)) throw cannotRead(source.name, `it lists storage "${storage.key}" twice`);
    if (at + 8 > source.size)
      throw cannotRead(source.name, `storage "${storage.key}" is missing (the file may be cut off)`);
    const head = await source.read(at, 8);
    const count = Number(new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true));
    const byteLength = count * (storage.type ? storedTypeBytes[storage.type] : 1);
    if (count !== storage.count || at + 8 + byteLength > source.size) {
      throw cannotRead(
        source.name,
        `storage "${storage.key}" has ${count} elements (${storage.count}, inside the file, are wanted)`,
      );
    }
    ranges.set(storage.key, { offset: at + 8, byteLength });
    at += 8 + byteLength;
  }
  return ranges;
}
