// Uploaded pictures by the names that clients gave them, as LoadImage says them: "fox.png", "folder/fox.png [input]". The names
// are kept in the catalogue; none becomes a path.

import { refuse } from "../guard/refuse.ts";
import { imageOf, bytesOf } from "../routes/images.ts";
import type { Caller } from "../guard/keys.ts";
import type { Services } from "../services.ts";
import { keepUpload, storedPicture } from "../store/picture-bytes.ts";

/** A file as ComfyUI names it. */
export interface NamedFile {
  readonly filename: string;
  readonly subfolder: string;
  readonly type: "input" | "output" | "temp";
}

const setting = "comfyui-inputs";
/** The oldest names are forgotten beyond so many. */
const mostNames = 10_000;

type Names = Readonly<Record<string, string>>;

const readNames = async ({ catalogue }: Services): Promise<Names> =>
  ((await catalogue.settings.read(setting)) ?? {}) as Names;

const keyOf = (owner: string, name: string): string => `${owner}/${name}`;
const pathOf = ({ filename, subfolder }: Pick<NamedFile, "filename" | "subfolder">): string =>
  subfolder === "" ? filename : `${subfolder}/${filename}`;

/** The names of an owner's uploads. */
export async function inputNames(services: Services, owner: string): Promise<string[]> {
  const start = keyOf(owner, "");
  return Object.keys(await readNames(services)).flatMap((key) =>
    key.startsWith(start) ? [key.slice(start.length)] : [],
  );
}

/** Keeps a file under a name; another file of that name stays, unless it may be overwritten, and this one gets a number. */
export async function keepInput(
  services: Services,
  bytes: Uint8Array,
  { owner, filename, subfolder, overwrite }: { owner: string; filename: string; subfolder: string; overwrite: boolean },
): Promise<NamedFile> {
  const id = await keepUpload(services.store, bytes);
  const names = await readNames(services);
  const [, stem, ending] = /^(.*?)(\.\w+)?$/s.exec(filename)!;
  let name = filename;
  for (let i = 1; !overwrite; i++) {
    const taken = names[keyOf(owner, pathOf({ filename: name, subfolder }))];
    if (taken === undefined || taken === id) break;
    name = `${stem} (${i})${ending ?? ""}`;
  }
  const key = keyOf(owner, pathOf({ filename: name, subfolder }));
  const { [key]: _, ...others } = names;
  const kept = Object.entries({ ...others, [key]: id }).slice(-mostNames);
  await services.catalogue.settings.write(setting, Object.fromEntries(kept));
  return { filename: name, subfolder, type: "input" };
}

/** The name of a finished picture's file. */
export function outputFile(id: string, prefix: string, type: "output" | "temp"): NamedFile {
  const parts = prefix.split("/");
  return { filename: `${parts.at(-1)}_${id}_.png`, subfolder: parts.slice(0, -1).join("/"), type };
}

/** The file that is named so: an upload, or a finished picture. Throws a problem where there is none. */
export async function namedFile(services: Services, file: NamedFile, caller: Caller): Promise<Uint8Array> {
  const unknown = refuse(
    "not-found",
    `Cannot find the file "${pathOf(file).slice(0, 200)}": there is none of this name`,
  );
  if (file.type === "input") {
    const id = (await readNames(services))[keyOf(caller.owner, pathOf(file))];
    const bytes = id === undefined ? undefined : await storedPicture(services.store, id);
    if (bytes === undefined) throw unknown;
    return bytes;
  }
  const id = /_([0-9a-f]+\.\d+)_\.png$/.exec(file.filename)?.[1];
  if (id === undefined) throw unknown;
  return bytesOf(services, await imageOf(services, id, caller));
}

/** "folder/fox.png [input]" taken apart. */
export function fileNamed(text: string): NamedFile {
  const [, path, type = "input"] = /^(.*?)(?: \[(input|output|temp)\])?$/s.exec(text)!;
  const slash = path.lastIndexOf("/");
  return {
    filename: path.slice(slash + 1),
    subfolder: path.slice(0, Math.max(0, slash)),
    type: type as NamedFile["type"],
  };
}
