// Textual inversion (arXiv 2208.01618): files of learned vectors that stand in a prompt in place of tokens' own. Three programs
// write them: AUTOMATIC1111 (string_to_param in a pickle, emb_params in safetensors, or inside a picture), diffusers (one
// tensor under the word it stands for), and for SDXL both (clip_l and clip_g, one for each text encoder).

import { readWeights } from "../checkpoints/weights-file.ts";
import type { Embedding, EmbeddingTable, EncoderPart } from "../prompts/embeddings.ts";
import { cannotRead } from "../safetensors/cannot-read.ts";
import { readTensors } from "../safetensors/read-tensor.ts";
import type { StoredTensor, StoredTensors } from "../tensor/stored.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import { readPictureEmbedding } from "./picture-embedding.ts";

/** An embedding as its file has it. */
export interface EmbeddingFile {
  readonly path: string;
  /** The file's name without folder and ending: what A1111 and ComfyUI call it in prompts. */
  readonly name: string;
  /** The word that the file itself gives: diffusers' key, "<cat-toy>", or the name in A1111's. */
  readonly word: string | undefined;
  readonly form: EmbeddingForm;
  /** Vectors [n,D]: of the one text encoder ("clip"), or of SDXL's two. */
  readonly vectors: Readonly<Partial<Record<EmbeddingPart, Tensor>>>;
  /** Steps trained, the checkpoint it was trained on, … */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Who wrote a file. */
export type EmbeddingForm = "a1111" | "diffusers" | "sdxl" | "picture";

/** Whose vectors they are. */
export type EmbeddingPart = "clip" | "clip_l" | "clip_g";

/** Widths of the text encoders of a model. */
export type EncoderWidths = Readonly<Partial<Record<EncoderPart, number>>>;

/** How the tensors of each form are named. */
interface FormRow {
  readonly form: EmbeddingForm;
  readonly part: (name: string) => EmbeddingPart | undefined;
  readonly word?: (name: string, metadata: EmbeddingFile["metadata"]) => string | undefined;
}

/** Three thousand of SDXL's vectors: no prompt is so long. */
const mostValues = 2 ** 22;

/** The first row that knows one of the names is the file's. */
const forms: readonly FormRow[] = [
  {
    form: "a1111",
    part: (name) => (name === "emb_params" || name.startsWith("string_to_param.") ? "clip" : undefined),
    word: (_, { name }) => name,
  },
  { form: "sdxl", part: (name) => (name === "clip_l" || name === "clip_g" ? name : undefined) },
  { form: "diffusers", part: () => "clip", word: (name) => name },
];

/** Reads the embedding in a .pt, .bin or .safetensors file or a picture; nothing in it is executed. Throws Error when there is none. */
export async function readEmbedding(path: string): Promise<EmbeddingFile> {
  const name = path.replace(/^.*[\\/]/, "").replace(/\.\w+$/, "");
  if (/\.(png|webp)$/i.test(path)) {
    const found = await readPictureEmbedding(path);
    if (found === undefined) throw cannotRead(path, "it is a picture without an embedding");
    const { name: word, vectors, metadata } = found;
    return checked({ path, name, word, form: "picture", vectors: { clip: vectors }, metadata });
  }
  const { tensors, metadata } = await readWeights(path);
  const { form, part, word } = forms.find((row) => [...tensors.keys()].some(row.part)) ?? forms[2];
  const found = new Map<EmbeddingPart, readonly [string, StoredTensor]>();
  for (const [key, stored] of tensors) {
    const own = part(key);
    if (own === undefined || found.has(own)) throw notOne(path, tensors);
    found.set(own, [key, stored]);
  }
  for (const [key, { dims }] of found.values()) {
    if ((dims.length !== 1 && dims.length !== 2) || elementCount(dims) > mostValues)
      throw cannotRead(path, `"${key}" is [${dims}] (vectors [n,width] of an embedding are wanted)`);
  }
  if (found.size === 0) throw notOne(path, tensors);
  const values = await readTensors(Array.from(found, ([own, [, stored]]) => [own, stored] as [string, StoredTensor]));
  const vectors = Object.fromEntries(
    Array.from(values, ([own, { dims, data }]) => [
      own,
      dims.length === 1 ? tensor([1, ...dims], data) : { dims, data },
    ]),
  );
  const [[key]] = found.values();
  return checked({ path, name, word: word?.(key, metadata), form, vectors, metadata });
}

function notOne(path: string, tensors: StoredTensors): Error {
  const names = [...tensors.keys()].slice(0, 3).map((name) => JSON.stringify(name.slice(0, 60)));
  const more = tensors.size > 3 ? ` and ${tensors.size - 3} more` : "";
  return cannotRead(
    path,
    `it is no embedding: its tensors are ${names.join(", ") || "none"}${more} (string_to_param, emb_params, clip_l and clip_g, or one under its word are wanted)`,
  );
}

function checked(file: EmbeddingFile): EmbeddingFile {
  const counts = new Set(Object.values(file.vectors).map(({ dims }) => dims[0]));
  if (counts.size > 1)
    throw cannotRead(file.path, `its parts have ${[...counts].join(" and ")} vectors (as many each are wanted)`);
  for (const [part, { dims, data }] of Object.entries(file.vectors)) {
    if (data.length === 0) throw cannotRead(file.path, `"${part}" is [${dims}] (a vector at least is wanted)`);
    if (!data.every(Number.isFinite)) throw cannotRead(file.path, `"${part}" has values that are not finite`);
  }
  return file;
}

/**
 * `file` for a model whose text encoders have `widths`; as SDXL's or another's by its form where no model is known. Throws RangeError
 * that says which model it is for when they differ.
 */
export function fittedEmbedding({ path, vectors }: EmbeddingFile, widths: EncoderWidths | undefined): Embedding {
  if (widths === undefined) return { textEncoder: vectors.clip ?? vectors.clip_l, textEncoder2: vectors.clip_g };
  const { textEncoder, textEncoder2 } = widths;
  const isPair = textEncoder !== undefined && textEncoder2 !== undefined;
  const fitted: Embedding = isPair
    ? { textEncoder: vectors.clip_l, textEncoder2: vectors.clip_g }
    : textEncoder2 === undefined
      ? { textEncoder: vectors.clip }
      : { textEncoder2: vectors.clip_g ?? vectors.clip };
  const fits = Object.entries(widths).every(([part, width]) => fitted[part as EncoderPart]?.dims[1] === width);
  if (fits) return fitted;
  const is = Object.entries(vectors).map(([part, { dims }]) => widthText(part, dims[1]));
  const wanted = isPair
    ? [widthText("clip_l", textEncoder), widthText("clip_g", textEncoder2)]
    : [widthText("clip", (textEncoder ?? textEncoder2)!)];
  const family = familyOf(vectors);
  throw new RangeError(
    `Cannot use the embedding "${path}": it has ${is.join(" and ")}${family === undefined ? "" : `, as for ${family}`} (${wanted.join(" and ")} are wanted)`,
  );
}

const widthText = (part: string, width: number): string =>
  part === "clip" ? `vectors of width ${width}` : `${part} of width ${width}`;

/** Widths of the text encoders of the published families. */
const families: Readonly<Record<number, string>> = { 768: "SD 1.x", 1024: "SD 2.x", 1280: "SDXL's second encoder" };

/** The family that an embedding was learned for, where its widths tell. */
export const familyOf = ({ clip, clip_l: l, clip_g: g }: EmbeddingFile["vectors"]): string | undefined =>
  l !== undefined && g !== undefined ? "SDXL" : families[(clip ?? l ?? g)?.dims[1] ?? 0];

/** What prompts call an embedding where nobody says: its file's name, and the word that diffusers or a picture gives it. */
export const wordsOf = ({ name, word, form }: EmbeddingFile): string[] => [
  // The name inside A1111's files is its first one; A1111 itself goes by the file's.
  ...new Set([name, ...(word === undefined || form === "a1111" ? [] : [word])]),
];

/** A file, and what prompts are to call it, if not as `wordsOf` says. */
export interface NamedEmbedding {
  readonly file: EmbeddingFile;
  readonly word?: string;
}

/** The embeddings of `files` as prompts name them. Throws RangeError when one does not fit `widths`, or two are called alike. */
export function embeddingTable(files: readonly NamedEmbedding[], widths?: EncoderWidths): EmbeddingTable {
  const table = new Map<string, Embedding & { readonly path: string }>();
  for (const { file, word } of files) {
    const fitted = { ...fittedEmbedding(file, widths), path: file.path };
    for (const own of word === undefined ? wordsOf(file) : [word]) {
      const other = table.get(own);
      if (other !== undefined)
        throw new RangeError(
          `Cannot use "${other.path}" and "${file.path}" together: both are called "${own}" (other words for them are wanted)`,
        );
      table.set(own, fitted);
    }
  }
  return table;
}
