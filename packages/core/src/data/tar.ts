// Members of a tar file as byte ranges: POSIX ustar and pax, and GNU's long names. Only headers are read; a member is read
// when it is asked for. https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html

import type { ByteSource } from "../platform/bytes.ts";

/** One file in the archive. */
export interface TarMember {
  readonly path: string;
  /** Of its first byte in the archive. */
  readonly offset: number;
  readonly size: number;
}

/** What was found; `problem` says why reading stopped before the end, if it did. */
export interface TarIndex {
  readonly members: readonly TarMember[];
  readonly problem?: string;
}

const block = 512;
/** A pax header or long name beyond this is no name. */
const maxNameBytes = 2 ** 20;

/** The regular files of an archive in order. What precedes damage is kept. */
export async function indexTar(source: ByteSource): Promise<TarIndex> {
  const members: TarMember[] = [];
  const stopped = (problem: string): TarIndex => ({ members, problem });
  let pax: Readonly<Record<string, string>> = {};
  let longName: string | undefined;
  for (let at = 0; at < source.size;) {
    if (at + block > source.size) return stopped(`it ends inside a header, at byte ${source.size}`);
    const header = await source.read(at, block);
    if (header.every((byte) => byte === 0)) return { members }; // the end of the archive
    if (!hasChecksum(header)) return stopped(`there is no tar header at byte ${at}`);
    const size = pax.size === undefined ? numberIn(header, 124, 12) : Number(pax.size);
    if (!Number.isSafeInteger(size) || size < 0) return stopped(`the member at byte ${at} has no size`);
    const offset = at + block;
    if (offset + size > source.size) return stopped(`it ends inside the member at byte ${at}`);
    const type = String.fromCharCode(header[156]);
    if (type === "x" || type === "g" || type === "L" || type === "K") {
      if (size > maxNameBytes) return stopped(`the name at byte ${at} takes ${size} bytes`);
      const bytes = await source.read(offset, size);
      if (type === "x") pax = paxRecords(bytes);
      if (type === "L") longName = textIn(bytes, 0, size);
    } else {
      const prefix = textIn(header, 257, 5) === "ustar" && header[263] === 0x30 ? textIn(header, 345, 155) : "";
      const name = textIn(header, 0, 100);
      const path = pax.path ?? longName ?? (prefix === "" ? name : `${prefix}/${name}`);
      if (type === "0" || type === "\0" || type === "7")
        members.push({ path: path.replace(/^\.\//, ""), offset, size });
      pax = {};
      longName = undefined;
    }
    at = offset + Math.ceil(size / block) * block;
  }
  return stopped("it has no end mark, so it may be cut off");
}

/** The bytes of the header summed, its checksum field as spaces. */
function hasChecksum(header: Uint8Array): boolean {
  let sum = 0;
  for (let i = 0; i < block; i++) sum += i >= 148 && i < 156 ? 0x20 : header[i];
  return sum === numberIn(header, 148, 8);
}

/** Octal digits, or GNU's big-endian bytes after 0x80. */
function numberIn(header: Uint8Array, at: number, length: number): number {
  if (header[at] & 0x80) {
    let value = header[at] & 0x7f;
    for (let i = 1; i < length; i++) value = value * 256 + header[at + i];
    return value;
  }
  const digits = textIn(header, at, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

function textIn(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

/** "26 path=some/long/name\n": length of the whole record, key, value. */
function paxRecords(bytes: Uint8Array): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(textIn(bytes, at, space - at));
    if (!(length > space - at + 1 && at + length <= bytes.length)) break;
    const [key, ...value] = textIn(bytes, space + 1, at + length - space - 2).split("=");
    records[key] = value.join("=");
    at += length;
  }
  return records;
}
