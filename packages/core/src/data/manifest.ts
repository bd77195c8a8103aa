// A manifest: JSON lines that name pictures ("file_name", relative to the manifest) with captions and other columns. What
// the tools write, because a selection of pictures is a list and no copy. A picture may lie in a shard: "a.tar/0001.jpg".

import { joinPath, openFile, parentFolder, readText } from "#platform";
import { readBytes } from "../image/png.ts";
import type { Skipped } from "./dataset.ts";
import { parseJsonLines } from "./json-lines.ts";
import type { ExampleRecord, RecordList } from "./record.ts";
import { describedBy } from "./record.ts";
import type { TarMember } from "./tar.ts";
import { indexTar } from "./tar.ts";
import { readMember } from "./web-dataset.ts";

/** The pictures that the manifest at `path` names, in its order. */
export async function readManifest(path: string): Promise<RecordList> {
  const lines = parseJsonLines(await readText(path), path);
  const shards = new Map<string, Promise<ReadonlyMap<string, TarMember>>>();
  const records: ExampleRecord[] = [];
  const skipped: Skipped[] = [];
  for (const [i, { file_name: name, ...columns }] of lines.entries()) {
    if (typeof name !== "string") skipped.push({ id: `${path}, record ${i + 1}`, reason: 'it has no "file_name"' });
    else {
      const file = resolved(path, name);
      records.push({ id: name, file, bytes: () => readNamed(file, shards), ...describedBy(columns) });
    }
  }
  return { records, skipped };
}

const resolved = (manifest: string, name: string): string =>
  /^([/\\]|[a-z]:[/\\])/i.test(name) ? name : joinPath(parentFolder(manifest), name);

async function readNamed(
  path: string,
  shards: Map<string, Promise<ReadonlyMap<string, TarMember>>>,
): Promise<Uint8Array> {
  const inShard = /^(.*\.tar)[/\\](.+)$/.exec(path);
  if (!inShard) return readBytes(path);
  const [, shard, name] = inShard;
  const members = shards.get(shard) ?? indexOf(shard);
  shards.set(shard, members);
  const member = (await members).get(name.replaceAll("\\", "/"));
  if (!member) throw new Error(`Cannot read "${path}": "${shard}" has no such member`);
  return readMember(shard, member);
}

async function indexOf(shard: string): Promise<ReadonlyMap<string, TarMember>> {
  const source = await openFile(shard);
  try {
    return new Map((await indexTar(source)).members.map((member) => [member.path, member]));
  } finally {
    await source.close();
  }
}
