// Where the members of a zip archive lie, without unpacking anything: weights are read in place, so every member used
// must be stored uncompressed. Zip64 included. Format: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3.
// All sizes are checked against the file and members may not overlap, so a crafted archive cannot claim more bytes
// than it has.

import type { ByteSource } from "../platform/bytes.ts";
import { cannotRead } from "../safetensors/cannot-read.ts";

/** A member of a zip archive. */
export interface ZipMember {
  readonly name: string;
  /** Its size once unpacked; the same in the archive when it is stored. */
  readonly size: number;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly headerOffset: number;
  /** No byte of the member lies at or after this offset. */
  readonly limit: number;
}

/** A byte range of the archive. */
export interface ByteRange {
  readonly offset: number;
  readonly byteLength: number;
}

/** Reads the directory at the end of a zip archive: its members by name, in the archive's order. */
export async function readZipDirectory(source: ByteSource): Promise<Map<string, ZipMember>> {
  const { count, offset, byteLength } = await findDirectory(source);
  const directory = viewOf(await source.read(offset, byteLength));
  const members: (ZipMember & { leastSize: number })[] = [];
  for (let at = 0, i = 0; i < count; i++) {
    const { member, next } = readMember(source.name, { directory, at, limit: offset });
    members.push(member);
    at = next;
  }
  members.sort((a, b) => a.headerOffset - b.headerOffset);
  const byName = new Map<string, ZipMember>();
  for (const [i, { leastSize, ...member }] of members.entries()) {
    const limit = members[i + 1]?.headerOffset ?? offset;
    if (member.headerOffset + leastSize > limit)
      throw cannotRead(source.name, `zip member "${member.name}" overlaps the next`);
    if (byName.has(member.name)) throw cannotRead(source.name, `zip member "${member.name}" is there twice`);
    byName.set(member.name, { ...member, limit });
  }
  return byName;
}

/** The byte range of a member's content. Throws when it is compressed. */
export async function locateMember(source: ByteSource, member: ZipMember): Promise<ByteRange> {
  const { name, size, method, headerOffset, limit } = member;
  if (method !== 0) {
    throw cannotRead(
      source.name,
      `zip member "${name}" is compressed (torch.save stores members as they are; save it again)`,
    );
  }
  const header = viewOf(await source.read(headerOffset, localHeaderBytes));
  const offset = headerOffset + localHeaderBytes + header.getUint16(26, true) + header.getUint16(28, true);
  if (header.getUint32(0, true) !== localHeader || offset + size > limit) {
    throw cannotRead(source.name, `zip member "${name}" is not where the directory says`);
  }
  return { offset, byteLength: size };
}

const endRecord = 0x06054b50;
const zip64Locator = 0x07064b50;
const zip64EndRecord = 0x06064b50;
const directoryEntry = 0x02014b50;
const localHeader = 0x04034b50;
const endRecordBytes = 22;
const zip64LocatorBytes = 20;
const zip64EndRecordBytes = 56;
const directoryEntryBytes = 46;
const localHeaderBytes = 30;
const maxDirectoryBytes = 64 * 2 ** 20;

interface Directory extends ByteRange {
  readonly count: number;
}

async function findDirectory(source: ByteSource): Promise<Directory> {
  const { name, size } = source;
  // The end record is the last thing but a comment of at most 64 KiB.
  const tailOffset = Math.max(0, size - endRecordBytes - 0xffff - zip64LocatorBytes);
  const tail = viewOf(await source.read(tailOffset, size - tailOffset));
  let at = tail.byteLength - endRecordBytes;
  while (at >= 0 && !isEndRecord(tail, at)) at--;
  if (at < 0) throw cannotRead(name, "its zip directory is missing (the file may be cut off)");

  let directory: Directory = {
    count: tail.getUint16(at + 10, true),
    byteLength: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  };
  let end = tailOffset + at;
  const locator = at - zip64LocatorBytes;
  if (locator >= 0 && tail.getUint32(locator, true) === zip64Locator) {
    const recordOffset = uint64(tail, locator + 8);
    if (recordOffset > end - zip64LocatorBytes - zip64EndRecordBytes)
      throw cannotRead(name, "its zip64 directory lies outside");
    const record = viewOf(await source.read(recordOffset, zip64EndRecordBytes));
    if (record.getUint32(0, true) !== zip64EndRecord)
      throw cannotRead(name, "its zip64 directory is not where it says");
    directory = { count: uint64(record, 32), byteLength: uint64(record, 40), offset: uint64(record, 48) };
    end = recordOffset;
  }
  const { count, byteLength, offset } = directory;
  if (byteLength > maxDirectoryBytes)
    throw cannotRead(name, `its zip directory claims ${byteLength} bytes (at most ${maxDirectoryBytes})`);
  if (offset + byteLength > end || count * directoryEntryBytes > byteLength) {
    throw cannotRead(name, `its zip directory of ${count} members does not fit the file`);
  }
  return directory;
}

function isEndRecord(tail: DataView, at: number): boolean {
  return (
    tail.getUint32(at, true) === endRecord && tail.getUint16(at + 20, true) === tail.byteLength - at - endRecordBytes
  );
}

interface Cursor {
  readonly directory: DataView;
  readonly at: number;
  readonly limit: number;
}

function readMember(
  file: string,
  { directory, at, limit }: Cursor,
): { member: ZipMember & { leastSize: number }; next: number } {
  const broken = cannotRead(file, `its zip directory is broken at byte ${at}`);
  if (at + directoryEntryBytes > directory.byteLength || directory.getUint32(at, true) !== directoryEntry) throw broken;
  const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => directory.getUint16(at + field, true));
  const nameAt = at + directoryEntryBytes;
  const next = nameAt + nameBytes + extraBytes + commentBytes;
  if (next > directory.byteLength) throw broken;

  const name = new TextDecoder().decode(new Uint8Array(directory.buffer, directory.byteOffset + nameAt, nameBytes));
  const fields = { size: at + 24, packedSize: at + 20, headerOffset: at + 42 };
  const wide = zip64Values(directory, nameAt + nameBytes, extraBytes);
  const values = Object.fromEntries(
    Object.entries(fields).map(([field, position]) => {
      const value = directory.getUint32(position, true);
      return [field, value === 0xffffffff ? (wide.shift() ?? NaN) : value];
    }),
  ) as Record<keyof typeof fields, number>;
  const { size, packedSize, headerOffset } = values;
  const leastSize = localHeaderBytes + nameBytes + packedSize;
  const method = directory.getUint16(at + 10, true);
  if (!(headerOffset + leastSize <= limit)) throw cannotRead(file, `zip member "${name}" lies outside the file`);
  if (method === 0 && size !== packedSize)
    throw cannotRead(file, `zip member "${name}" has two sizes, ${size} and ${packedSize}`);
  if (directory.getUint16(at + 8, true) & 1) throw cannotRead(file, `zip member "${name}" is encrypted`);
  return { member: { name, size, method, headerOffset, limit, leastSize }, next };
}

/** The 64-bit values of the zip64 extra field (tag 1): those of size, packed size and offset that need it, in order. */
function zip64Values(directory: DataView, start: number, length: number): number[] {
  for (let at = start; at + 4 <= start + length;) {
    const [tag, bytes] = [directory.getUint16(at, true), directory.getUint16(at + 2, true)];
    const end = Math.min(at + 4 + bytes, start + length);
    if (tag === 1) {
      return Array.from({ length: Math.floor((end - at - 4) / 8) }, (_, i) => uint64(directory, at + 4 + 8 * i));
    }
    at = end;
  }
  return [];
}

/** Beyond 2⁵³ the value is not exact, but then it is outside every file too. */
function uint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
