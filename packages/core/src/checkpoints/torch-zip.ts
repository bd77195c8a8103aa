// What torch.save writes since 1.6: a zip whose <name>/data.pkl refers to <name>/data/<key>, one member per storage,
// uncompressed. It is opened to the point where storages are byte ranges of the file.

import type { ByteSource } from "../platform/bytes.ts";
import { cannotRead } from "../safetensors/cannot-read.ts";
import { storedTypeBytes } from "../tensor/stored.ts";
import type { PickledStorage, PickleValue } from "./pickle-value.ts";
import { maxPickleBytes, unpickle } from "./pickle.ts";
import { persistentStorage, torchGlobals } from "./torch-globals.ts";
import { locateMember, readZipDirectory } from "./zip-directory.ts";
import type { ByteRange } from "./zip-directory.ts";

/** An opened torch file: the object that was saved, and where the bytes of its storages lie. */
export interface TorchArchive {
  readonly value: PickleValue;
  /** The byte range of a storage (of the storage it views, if it is a view). */
  locate(storage: PickledStorage): Promise<ByteRange>;
}

/** Opens the zip form of torch.save. */
export async function openTorchZip(source: ByteSource): Promise<TorchArchive> {
  const { name: file } = source;
  const members = await readZipDirectory(source);
  const roots = [...members.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (roots.length !== 1)
    throw cannotRead(file, `it is a zip with ${roots.length} members "*/data.pkl" (torch.save writes one)`);
  const folder = roots[0].slice(0, -"data.pkl".length);

  const readMember = async (name: string): Promise<Uint8Array | undefined> => {
    const member = members.get(folder + name);
    if (!member) return undefined;
    if (member.size > maxPickleBytes)
      throw cannotRead(file, `its ${name} has ${member.size} bytes (at most ${maxPickleBytes})`);
    const { offset, byteLength } = await locateMember(source, member);
    return source.read(offset, byteLength);
  };
  const byteOrder = new TextDecoder().decode((await readMember("byteorder")) ?? new TextEncoder().encode("little"));
  if (byteOrder !== "little")
    throw cannotRead(file, `its numbers are ${byteOrder.slice(0, 20)}-endian (little-endian is wanted)`);

  const bytes = (await readMember("data.pkl")) as Uint8Array;
  const { value } = unpickle(bytes, { file, globals: torchGlobals, persistentLoad: persistentStorage });
  const located = new Map<string, ByteRange>();
  return {
    value,
    async locate({ key, type, count }) {
      const member = members.get(`${folder}data/${key}`);
      if (!member) throw cannotRead(file, `storage "${key}" is missing (the file may be cut off)`);
      const wanted = count * (type ? storedTypeBytes[type] : 1);
      if (member.size < wanted)
        throw cannotRead(file, `storage "${key}" has ${member.size} bytes (${wanted} are wanted)`);
      const range = located.get(key) ?? (await locateMember(source, member));
      located.set(key, range);
      return range;
    },
  };
}
