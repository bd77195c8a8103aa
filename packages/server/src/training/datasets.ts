// Pictures to train on: folders that the server was shown, and those that were uploaded.

import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { disk, writeFileAtomic } from "@noisette/core/platform/node";
import { refuse } from "../guard/refuse.ts";
import { liesBelow } from "../models/folder.ts";
import type { DatasetRecord } from "../schema/training.ts";
import type { Limits } from "../schema/server-info.ts";
import { checkPicture, pictureType } from "../store/picture-bytes.ts";

/** Data sets by name. */
export interface Datasets {
  list(): Promise<DatasetRecord[]>;
  /** Its path; undefined where there is none. */
  find(name: string): Promise<string | undefined>;
  /** Adds a picture to an uploaded one, which is begun where there is none. The same picture twice is one. */
  add(name: string, bytes: Uint8Array, caption: string | undefined): Promise<DatasetRecord>;
}

const namePattern = /^[\w][\w.-]{0,99}$/;
const pictureEnding = /\.(png|jpe?g|webp|avif|gif)$/i;

/** The data sets below `folder` and, uploaded ones, below `uploads`. */
export function openDatasets({
  folder,
  uploads,
  limits,
}: {
  readonly folder: string | undefined;
  readonly uploads: string;
  readonly limits: Limits;
}): Datasets {
  const places = [
    { origin: "uploaded" as const, path: uploads },
    ...(folder === undefined ? [] : [{ origin: "folder" as const, path: folder }]),
  ];

  async function entries() {
    const lists = await Promise.all(
      places.map(async ({ origin, path }) => {
        const names = (await readdir(path).catch((): string[] => [])).filter((name) => !name.startsWith("."));
        const inside = await Promise.all(names.map((name) => liesBelow(join(path, name), [path])));
        return names.filter((_, i) => inside[i]).map((name) => ({ id: name, origin, path: join(path, name) }));
      }),
    );
    return lists.flat();
  }
  const describe = async ({ id, origin, path }: Awaited<ReturnType<typeof entries>>[number]) => ({
    id,
    origin,
    pictures: (await stat(path)).isDirectory() ? await picturesBelow(path) : 0,
  });

  return {
    async list() {
      return Promise.all((await entries()).map(describe));
    },
    async find(name) {
      return (await entries()).find(({ id }) => id === name)?.path;
    },
    async add(name, bytes, caption) {
      if (!namePattern.test(name))
        throw refuse(
          "bad-request",
          `Cannot begin the data set "${name.slice(0, 100)}": letters, digits, _ . - are wanted`,
        );
      await checkPicture(bytes, limits);
      const path = join(uploads, name);
      await disk!.makeFolder(path);
      const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
      // The caption first: a picture is never there without it.
      if (caption !== undefined) await writeFileAtomic(join(path, `${hash}.txt`), [new TextEncoder().encode(caption)]);
      await writeFileAtomic(join(path, `${hash}.${pictureType(bytes)!.slice(6)}`), [bytes]);
      return describe({ id: name, origin: "uploaded", path });
    },
  };
}

async function picturesBelow(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && pictureEnding.test(entry.name)).length;
}
