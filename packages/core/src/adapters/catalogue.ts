// A folder of adapters by the names that prompts and options call them: the file's own name without its ending. What a file is
// is told by its tensors, so that LoRAs, embeddings and hypernetworks may lie in one folder or in several below it.

import { disk, joinPath } from "#platform";
import { fileKind } from "../checkpoints/kinds.ts";
import type { AdapterKind } from "../checkpoints/kinds.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import { closestName } from "../safetensors/closest-name.ts";
import { readEmbedding } from "./embedding.ts";
import type { EmbeddingFile } from "./embedding.ts";
import { readPictureEmbedding } from "./picture-embedding.ts";

/** One adapter of a folder. */
export interface CatalogueEntry {
  /** The file's name without folder and ending. */
  readonly name: string;
  /** Other names: the folder with it ("people/anna"), and the one its trainer gave it (kohya's ss_output_name). */
  readonly aliases: readonly string[];
  readonly path: string;
}

/** A file that could not be read, so that its kind is not known. */
export interface CatalogueProblem {
  readonly path: string;
  readonly problem: string;
}

/** The adapters of a folder. */
export interface AdapterCatalogue {
  /** What to call the folder in messages. */
  readonly source: string;
  /** Names are looked up here alone, and never as paths of files: for prompts that come from elsewhere. */
  readonly namesOnly?: true;
  /**
   * The file of the adapter that `name` means: its name or alias, with or without the file's ending; upper and lower case count
   * only where both are there. Throws Error that names the closest when there is none, or all when there are several.
   */
  find(kind: AdapterKind, name: string): Promise<string>;
  /** All of a kind, and why files that may be some could not be read. */
  list(
    kind: AdapterKind,
  ): Promise<{ readonly entries: readonly CatalogueEntry[]; readonly problems: readonly CatalogueProblem[] }>;
  /** All embeddings, read once: prompts name them by words that may be any. */
  embeddings(): Promise<{ readonly files: readonly EmbeddingFile[]; readonly problems: readonly CatalogueProblem[] }>;
}

const kindNames: Readonly<Record<AdapterKind, { readonly one: string; readonly several: string }>> = {
  lora: { one: "LoRA", several: "LoRAs" },
  embedding: { one: "embedding", several: "embeddings" },
  hypernetwork: { one: "hypernetwork", several: "hypernetworks" },
};

const weightsEnding = /\.(safetensors|pt|ckpt|bin)$/i;
const pictureEnding = /\.(png|webp)$/i;
/** A1111 keeps a picture of what an adapter does beside it. */
const previewEnding = /\.preview\.\w+$/i;

/** Far above any embedding: 500 vectors for SDXL are 4 MB. */
const largestEmbedding = 2 ** 24;

/** The adapters in and below `folder`. Its files are looked at when they are asked for. Throws Error where there is no such folder. */
export async function openAdapterFolder(folder: string): Promise<AdapterCatalogue> {
  if (disk === undefined) throw new Error(`Cannot open adapters "${folder}": a browser page has no file system`);
  const { entry } = disk;
  if ((await entry(folder))?.kind !== "folder")
    throw new Error(`Cannot open adapters "${folder}": no such folder (one with LoRAs, embeddings, … is wanted)`);
  const files = (await disk.filesBelow(folder))
    .filter((file) => (weightsEnding.test(file) || pictureEnding.test(file)) && !previewEnding.test(file))
    .sort();
  const known = new Map<string, Promise<SeenFile>>();
  const look = (file: string): Promise<SeenFile> => {
    const seen = known.get(file) ?? lookAt(joinPath(folder, file));
    known.set(file, seen);
    return seen;
  };

  async function entriesOf(kind: AdapterKind, candidates: readonly string[], problems?: CatalogueProblem[]) {
    const entries: CatalogueEntry[] = [];
    for (const file of candidates) {
      const path = joinPath(folder, file);
      if (kind !== "embedding" && pictureEnding.test(file)) continue;
      if (kind === "embedding" && ((await entry(path))?.sizeBytes ?? 0) > largestEmbedding) continue;
      const seen = await look(file).catch((cause: Error) => {
        if (problems === undefined) throw cause;
        problems.push({ path, problem: cause.message });
        return undefined;
      });
      if (seen?.kind === kind) entries.push({ ...namesOf(file, seen), path });
    }
    return entries;
  }

  async function list(kind: AdapterKind): Promise<{ entries: CatalogueEntry[]; problems: CatalogueProblem[] }> {
    const problems: CatalogueProblem[] = [];
    return { entries: await entriesOf(kind, files, problems), problems };
  }

  async function readEmbeddings(): Promise<{ files: EmbeddingFile[]; problems: CatalogueProblem[] }> {
    const { entries, problems } = await list("embedding");
    const files: EmbeddingFile[] = [];
    for (const { path } of entries) {
      const file = await readEmbedding(path).catch(
        (cause: Error) => void problems.push({ path, problem: cause.message }),
      );
      if (file !== undefined) files.push(file);
    }
    return { files, problems };
  }
  let read: ReturnType<typeof readEmbeddings> | undefined;

  return {
    source: `"${folder}"`,
    list,
    embeddings: () => (read ??= readEmbeddings()),
    async find(kind, name) {
      const wanted = withoutEnding(name);
      const { one, several } = kindNames[kind];
      const isWanted = (own: string) => own.toLowerCase() === wanted.toLowerCase();
      // By the files' names first: what a trainer called a file is only known once it is read.
      const byName = files.filter((file) => allNames(namesOf(file)).some(isWanted));
      const called = await entriesOf(kind, byName);
      const all = called.length > 0 ? called : (await list(kind)).entries;
      const exact = all.filter((entry) => allNames(entry).includes(wanted));
      const found = exact.length > 0 ? exact : called;
      if (found.length === 1) return found[0].path;
      if (found.length > 1) {
        const paths = found.map(({ path }) => `"${path}"`).join(", ");
        throw new Error(
          `Cannot choose the ${one} "${name}": ${paths} are called so (the folder with the name is wanted)`,
        );
      }
      const closest = closestName(wanted, all.flatMap(allNames));
      const problem =
        closest === undefined ? `it has no ${several}` : `no file of it is called so (closest: "${closest}")`;
      throw new Error(`Cannot find the ${one} "${name}" in "${folder}": ${problem}`);
    },
  };
}

const withoutEnding = (file: string): string => file.replace(weightsEnding, "").replace(pictureEnding, "");
const allNames = ({ name, aliases }: Pick<CatalogueEntry, "name" | "aliases">): string[] => [name, ...aliases];

/** What was found in a file. */
interface SeenFile {
  readonly kind: AdapterKind | undefined;
  readonly trainedAs?: string;
}

async function lookAt(path: string): Promise<SeenFile> {
  if (pictureEnding.test(path)) return { kind: (await readPictureEmbedding(path)) && "embedding" };
  const { tensors, metadata } = await readWeights(path);
  const row = fileKind(tensors.keys());
  // diffusers' embeddings are one tensor under the word that they stand for, which may be any.
  const isOneWord = row === undefined && tensors.size === 1 && [...tensors.values()][0].dims.length <= 2;
  return { kind: isOneWord ? "embedding" : row?.adapter, trainedAs: metadata.ss_output_name };
}

function namesOf(file: string, { trainedAs }: Pick<SeenFile, "trainedAs"> = {}): Omit<CatalogueEntry, "path"> {
  const withFolder = withoutEnding(file);
  const name = withFolder.slice(withFolder.lastIndexOf("/") + 1);
  return { name, aliases: [...new Set([withFolder, trainedAs ?? name])].filter((alias) => alias !== name) };
}
