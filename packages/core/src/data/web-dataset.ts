// WebDataset: tar shards in which the members of one example share their name up to the first dot of the file name:
// "000123.jpg", "000123.txt", "000123.json". https://github.com/webdataset/webdataset

import { disk, joinPath, listFolder, openFile } from "#platform";
import type { Skipped } from "./dataset.ts";
import type { ExampleRecord, RecordList } from "./record.ts";
import { describedBy, isPicture } from "./record.ts";
import { grouped } from "../util/grouped.ts";
import { isRecord } from "../util/is-record.ts";
import type { TarMember } from "./tar.ts";
import { indexTar } from "./tar.ts";

/** The examples of a .tar file, of all in a folder, or of a pattern such as "shard-{0000..0012}.tar". */
export async function readWebDataset(path: string): Promise<RecordList> {
  const lists: RecordList[] = [];
  for (const shard of await shardPaths(path)) lists.push(await readShard(shard));
  return {
    records: lists.flatMap(({ records }) => records),
    skipped: lists.flatMap(({ skipped }) => skipped),
  };
}

async function shardPaths(path: string): Promise<string[]> {
  if (/\{.*\}/.test(path)) return expandBraces(path);
  if ((await disk?.entry(path))?.kind !== "folder") return [path];
  const shards = (await listFolder(path)).filter((name) => name.endsWith(".tar"));
  return shards.map((name) => joinPath(path, name));
}

/** "a{00..02}b" → a00b, a01b, a02b; "a{x,y}b" → axb, ayb. */
export function expandBraces(pattern: string): string[] {
  const found = /\{([^{}]*)\}/.exec(pattern);
  if (!found) return [pattern];
  const [braces, inner] = found;
  const range = /^(\d+)\.\.(\d+)$/.exec(inner);
  const choices = range ? numbersBetween(range[1], range[2]) : inner.split(",");
  return choices.flatMap((choice) => expandBraces(pattern.replace(braces, () => choice)));
}

function numbersBetween(first: string, last: string): string[] {
  const count = Number(last) - Number(first) + 1;
  if (!(count > 0 && count <= 100_000))
    throw new RangeError(`Cannot expand "{${first}..${last}}": ${count} shards (1 to 100000 are wanted)`);
  return Array.from({ length: count }, (_, i) => String(Number(first) + i).padStart(first.length, "0"));
}

/** The examples of one shard; a shard that cannot be read whole is told in `skipped`. */
async function readShard(shard: string): Promise<RecordList> {
  if (/\.t?gz$/i.test(shard))
    return { records: [], skipped: [{ id: shard, reason: "it is compressed (a plain .tar is wanted)" }] };
  const source = await openFile(shard).catch((error: Error) => error);
  if (source instanceof Error) return { records: [], skipped: [{ id: shard, reason: source.message }] };
  try {
    const { members, problem } = await indexTar(source);
    const skipped: Skipped[] = problem === undefined ? [] : [{ id: shard, reason: problem }];
    const records: ExampleRecord[] = [];
    for (const [key, parts] of examplesOf(members)) {
      const id = `${shard}/${key}`;
      const picture = [...parts].find(([extension]) => isPicture(`.${extension}`))?.[1];
      if (picture === undefined) {
        skipped.push({ id, reason: "it has no picture" });
        continue;
      }
      const text = async (extension: string) => {
        const member = parts.get(extension);
        return member && new TextDecoder().decode(await source.read(member.offset, member.size));
      };
      const columns = parseColumns(await text("json"));
      if (columns === undefined) {
        skipped.push({ id, reason: "its .json is no JSON object" });
        continue;
      }
      const caption = (await text("txt"))?.trim();
      const label = Number((await text("cls"))?.trim() || Number.NaN);
      records.push({
        id: `${shard}/${picture.path}`,
        file: `${shard}/${picture.path}`,
        bytes: () => readMember(shard, picture),
        ...describedBy(columns),
        ...(caption === undefined ? {} : { caption }),
        ...(Number.isSafeInteger(label) ? { label } : {}),
      });
    }
    return { records, skipped };
  } finally {
    await source.close();
  }
}

function parseColumns(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return {};
  try {
    const value = JSON.parse(text) as unknown;
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Members by key and, below it, by extension. */
function examplesOf(members: readonly TarMember[]): Map<string, Map<string, TarMember>> {
  const named = members.flatMap((member) => {
    const dot = member.path.indexOf(".", member.path.lastIndexOf("/") + 1);
    return dot < 0
      ? []
      : { member, key: member.path.slice(0, dot), extension: member.path.slice(dot + 1).toLowerCase() };
  });
  return new Map(
    Array.from(
      grouped(named, ({ key }) => key),
      ([key, parts]) => [key, new Map(parts.map(({ extension, member }) => [extension, member]))],
    ),
  );
}

/** The bytes of one member of a shard. */
export async function readMember(shard: string, { offset, size }: TarMember): Promise<Uint8Array> {
  const source = await openFile(shard);
  try {
    return await source.read(offset, size);
  } finally {
    await source.close();
  }
}
