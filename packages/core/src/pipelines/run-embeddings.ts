// The embeddings of a run: those that its options name, and all of the folder of adapters, any of which prompts can name.

import type { AdapterCatalogue } from "../adapters/catalogue.ts";
import { embeddingTable, fittedEmbedding, readEmbedding, wordsOf } from "../adapters/embedding.ts";
import type { EmbeddingFile, EncoderWidths, NamedEmbedding } from "../adapters/embedding.ts";
import { sha256Of } from "../checkpoints/model-hash.ts";
import type { EmbeddingTable } from "../prompts/embeddings.ts";
import { adapterPath } from "./adapter-path.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Condition } from "./unet-evaluation.ts";

/** Where embeddings come from, beside the options. */
export interface RunEmbeddingsOptions {
  readonly catalogue: AdapterCatalogue | undefined;
  /** The caller's own. */
  readonly concepts: EmbeddingTable | undefined;
  /** Of the text encoders; undefined where no model is known, and all embeddings fit. */
  readonly widths: EncoderWidths | undefined;
  /** All texts of the run. */
  readonly texts: readonly string[];
  readonly notice: (text: string) => void;
}

/**
 * What prompts of the run can name. Where names meet, the caller's own come before those of options, and these before the folder's.
 * Those of the folder that are for other models are left out, with a notice where a text seems to mean one. Throws Error when an
 * option's is not there, or does not fit.
 */
export async function runEmbeddings(
  { embeddings = [] }: Pick<ResolvedOptions, "embeddings">,
  { catalogue, concepts = new Map(), widths, texts, notice }: RunEmbeddingsOptions,
): Promise<EmbeddingTable> {
  const named: NamedEmbedding[] = [];
  for (const { name, word } of embeddings)
    named.push({ file: await readEmbedding(await adapterPath("embedding", name, catalogue)), word });
  const own = embeddingTable(named, widths);
  const { files, problems } = (await catalogue?.embeddings()) ?? { files: [], problems: [] };
  const isNamed = (word: string) => texts.some((text) => holds(text, word));
  for (const { path, problem } of problems) if (isNamed(stemOf(path))) notice(`${problem}: it is left out`);
  const found = new Map(concepts);
  for (const [word, embedding] of own) if (!found.has(word)) found.set(word, embedding);
  for (const file of files) {
    const words = wordsOf(file).filter((word) => !found.has(word));
    const problem = misfit(file, widths);
    if (problem === undefined)
      for (const word of words) found.set(word, { ...fittedEmbedding(file, widths), path: file.path });
    else if (words.some(isNamed)) notice(`${problem}: it is left out`);
  }
  return found;
}

/** An embedding that a picture's prompts name. */
export interface UsedEmbedding {
  /** As prompts call it. */
  readonly word: string;
  /** A1111's: the first 12 digits of the file's SHA-256; undefined for the caller's own. */
  readonly hash: string | undefined;
}

/** The embeddings of `table` that stand in `conditions`, at whichever steps. */
export async function usedEmbeddings(
  conditions: readonly (Condition | undefined)[],
  table: EmbeddingTable,
): Promise<readonly UsedEmbedding[]> {
  const states = conditions.flatMap((condition) => [
    condition,
    ...(condition?.prompt?.parts ?? []).flatMap(({ stages }) => stages.map((stage) => stage.states)),
  ]);
  const words = [...new Set(states.flatMap((state) => state?.embeddings ?? []))];
  return Promise.all(
    words.map(async (word) => {
      const path = table.get(word)?.path;
      return { word, hash: path === undefined ? undefined : (await sha256Of([path])).slice(0, 12) };
    }),
  );
}

function misfit(file: EmbeddingFile, widths: EncoderWidths | undefined): string | undefined {
  try {
    fittedEmbedding(file, widths);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const stemOf = (path: string): string => path.replace(/^.*[\\/]/, "").replace(/\.\w+$/, "");

/** Whether `word` stands in `text` by itself, in any case. */
function holds(text: string, word: string): boolean {
  const [where, what] = [text.toLowerCase(), word.toLowerCase()];
  for (let at = where.indexOf(what); at >= 0; at = where.indexOf(what, at + 1)) {
    const isLetter = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}]/u.test(character);
    if (!isLetter(where[at - 1]) && !isLetter(where[at + what.length])) return true;
  }
  return false;
}
