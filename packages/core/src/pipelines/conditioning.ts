// Prompts as the UNet takes them: the text encoders' states, and for SDXL the pooled text.

import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import { isKUnet } from "../models/k-unet.ts";
import type { PromptPiece } from "../prompts/attention.ts";
import type { ChunkingId, ChunkToken, UnknownConcept } from "../prompts/chunks.ts";
import { promptChunks } from "../prompts/chunks.ts";
import type { EmbeddingNaming, EmbeddingTable } from "../prompts/embeddings.ts";
import type { EmphasisId, EmphasisRow } from "../prompts/emphasis.ts";
import { emphases } from "../prompts/emphasis.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import { padTo } from "../tokenizers/clip-tokens.ts";
import type { ClipTokenizer } from "../tokenizers/clip.ts";
import type { PromptWord } from "../tokenizers/prompt-words.ts";
import { promptWords } from "../tokenizers/prompt-words.ts";
import type { Networks } from "./networks.ts";

/** One prompt, encoded. */
export interface TextStates {
  /** [1,77,D] for each chunk, one behind the other: both encoders' states side by side for SDXL. */
  readonly context: Tensor;
  /** [1,P]: the first chunk's pooled text, the second encoder's projected one for SDXL, that of the only one for latent upscalers. */
  readonly pooled: Tensor | undefined;
  /** The words of the written prompt, and where their tokens stand in `context`. */
  readonly words?: readonly PromptWord[];
  /** The names of the learned concepts in it. */
  readonly embeddings?: readonly string[];
}

/** A text as both encoders are given it. */
export type TextPieces = Readonly<Record<TextPart, readonly PromptPiece[]>>;
type TextPart = "textEncoder" | "textEncoder2";

/** A checkpoint's text encoders behind their tokenizers. */
export interface TextEncoders {
  /** Encodes the texts that one prompt has over its steps, all to the same number of chunks. */
  encode(texts: readonly TextPieces[], options: EncodeOptions): Promise<readonly TextStates[]>;
  /** All zeros, for models that were trained with zeros in place of an empty negative prompt. */
  zeros(): TextStates;
}

/** How to encode one prompt. */
export interface EncodeOptions {
  /** The prompt that the texts come from, as it was written. */
  readonly written: string;
  readonly clipSkip: number;
  /** What clipSkip means to SDXL, which skips one layer anyway: counted from there (relative), from the last one (absolute), or nothing. */
  readonly clipSkipSdxl: "relative" | "absolute" | "ignored";
  readonly chunking: ChunkingId;
  readonly emphasis: EmphasisId;
  /** Learned concepts, and how prompts name them. */
  readonly embeddings?: { readonly table: EmbeddingTable; readonly naming: EmbeddingNaming };
  /** Where to run, when with adapters. */
  readonly networks?: Pick<Networks, "get">;
  /** Empty chunks make up to so many. */
  readonly leastChunks?: number;
  /** Told the first token that was cut off, once. */
  readonly onCut?: (token: ChunkToken, part: TextPart) => void;
  /** Told what names concepts that the table does not have. */
  readonly onUnknown?: (unknown: readonly UnknownConcept[]) => void;
  readonly signal?: AbortSignal;
}

/** The text encoders of `checkpoint` with their tokenizers. */
export function textEncoders(
  checkpoint: Checkpoint,
  networks: Networks,
  tokenizers: Partial<Record<TextPart, ClipTokenizer>>,
): TextEncoders {
  const { configs } = networks;
  const xl = configs.textEncoder2 !== undefined;
  const takesPooled = isKUnet(configs.unet);
  const parts = (["textEncoder", "textEncoder2"] as const).filter((part) => configs[part] !== undefined);
  if (parts.length === 0) throw new Error(`Cannot encode prompts with "${checkpoint.path}": it has no text encoder`);

  /** The output of `part` to take its states from. */
  function stateOf(part: TextPart, { clipSkip, clipSkipSdxl }: EncodeOptions): string {
    const { layers } = configs[part]!;
    // SD 1.x and 2.x: the last layer, normalized. SDXL: the layer before it, as it is. Latent upscalers: the last one, as it is.
    const skipped = xl
      ? { relative: clipSkip, absolute: Math.max(clipSkip - 1, 1), ignored: 1 }[clipSkipSdxl]
      : clipSkip - 1;
    const layer = layers - skipped;
    if (layer < 0) throw new RangeError(`Cannot skip ${clipSkip} layers of CLIP: the ${part} has ${layers}`);
    return `${xl || takesPooled ? "hidden" : "normalized"}.${layer}`;
  }

  /** One chunk through one encoder. */
  async function run(
    part: TextPart,
    chunk: readonly ChunkToken[],
    options: EncodeOptions,
  ): Promise<{ state: Tensor; pooled: Tensor | undefined }> {
    const { positions, width } = configs[part]!;
    const { startId, endId, padId } = tokenizers[part]!;
    const ids = padTo([startId, ...chunk.map(({ id }) => id), endId], { length: positions, padId });
    const vectors = tensor([1, positions, width]);
    const kept = tensor([1, positions, 1], new Float32Array(positions).fill(1));
    chunk.forEach(({ vector }, i) => {
      if (vector === undefined) return;
      if (vector.length !== width)
        throw new RangeError(`Cannot use an embedding of width ${vector.length} in the ${part}: ${width} is wanted`);
      vectors.data.set(vector, (i + 1) * width);
      kept.data[i + 1] = 0;
    });
    const name = stateOf(part, options);
    const pooledName = part === "textEncoder2" ? "textEmbeds" : takesPooled ? "pooled" : undefined;
    const outputs = [name, ...(pooledName === undefined ? [] : [pooledName])];
    const network = await (options.networks ?? networks).get(part, options.signal);
    const feeds = { ids: { dims: [1, positions], data: BigInt64Array.from(ids, BigInt) }, vectors, kept };
    const made = await network.run(feeds, { outputs, signal: options.signal });
    return { state: made[name], pooled: pooledName === undefined ? undefined : made[pooledName] };
  }

  /** The states [1,77·chunks,D] of each text from one encoder. */
  async function encodePart(
    part: TextPart,
    texts: readonly (readonly (readonly ChunkToken[])[])[],
    options: EncodeOptions,
  ): Promise<{ context: Tensor; pooled: Tensor | undefined }[]> {
    const known = new Map<string, ReturnType<typeof run>>();
    const encode = (chunk: readonly ChunkToken[]) => {
      const key = chunk.some(({ vector }) => vector) ? undefined : chunk.map(({ id }) => id).join();
      const states = (key === undefined ? undefined : known.get(key)) ?? run(part, chunk, options);
      if (key !== undefined) known.set(key, states);
      return states;
    };
    const { positions } = configs[part]!;
    const weightsOf = (chunk: readonly ChunkToken[]) =>
      Array.from({ length: positions }, (_, i) => chunk[i - 1]?.weight ?? 1);
    const { apply }: EmphasisRow = emphases[options.emphasis];
    const contexts: Tensor[][] = texts.map(() => []);
    for (let i = 0; i < texts[0].length; i++) {
      const states: Tensor[] = [];
      for (const chunks of texts) states.push((await encode(chunks[i])).state);
      const weights = texts.map((chunks) => weightsOf(chunks[i]));
      const weighted = await apply({ states, weights, empty: async () => (await encode([])).state });
      weighted.forEach((state, text) => contexts[text].push(state));
    }
    return Promise.all(
      texts.map(async (chunks, i) => ({
        context: oneBehindOther(contexts[i]),
        pooled: (await encode(chunks[0])).pooled,
      })),
    );
  }

  return {
    async encode(texts, options) {
      const { chunking, embeddings, onCut, onUnknown, leastChunks = 1 } = options;
      const chunked = parts.map((part) =>
        texts.map((pieces) => {
          const { chunks, cut, unknown } = promptChunks(pieces[part], tokenizers[part]!, {
            chunking,
            capacity: configs[part]!.positions - 2,
            embeddings: embeddings && { ...embeddings, part },
          });
          if (cut !== undefined) onCut?.(cut, part);
          onUnknown?.(unknown);
          return chunks;
        }),
      );
      const count = Math.max(leastChunks, ...chunked.flat().map(({ length }) => length));
      const filled = chunked.map((part) =>
        part.map((chunks) => [...chunks, ...Array.from({ length: count - chunks.length }, () => [])]),
      );
      const { positions } = configs[parts[0]]!;
      const wordsOf = (chunks: readonly (readonly ChunkToken[])[]) =>
        chunks.flatMap((chunk, i) => {
          const spans = chunk.map(({ start, end }) => [start, end] as const);
          return promptWords(options.written, { spans }, { first: i * positions + 1, end: (i + 1) * positions - 1 });
        });
      const encoded: Awaited<ReturnType<typeof encodePart>>[] = [];
      for (const [i, part] of parts.entries()) encoded.push(await encodePart(part, filled[i], options));
      return texts.map((_, text) => ({
        context: sideBySide(encoded.map((part) => part[text].context)),
        pooled: encoded.at(-1)![text].pooled,
        words: wordsOf(filled[0][text]),
        embeddings: [
          ...new Set(filled.flatMap((part) => part[text].flat().flatMap(({ embedding }) => embedding ?? []))),
        ],
      }));
    },
    zeros() {
      const { positions, projection: projected, width } = configs[parts.at(-1)!]!;
      const projection = takesPooled ? width : projected;
      return {
        context: tensor([1, positions, configs.unet.contextWidth]),
        pooled: projection === undefined ? undefined : tensor([1, projection]),
      };
    },
  };
}

/** [1,T₁,D], [1,T₂,D], … → [1,T₁+T₂+…,D]. */
function oneBehindOther(states: readonly Tensor[]): Tensor {
  if (states.length === 1) return states[0];
  const data = new Float32Array(states.reduce((sum, state) => sum + state.data.length, 0));
  let to = 0;
  for (const state of states) {
    data.set(state.data, to);
    to += state.data.length;
  }
  const [, , width] = states[0].dims;
  return tensor([1, data.length / width, width], data);
}

/** [1,T,D₁] and [1,T,D₂] → [1,T,D₁+D₂]. */
function sideBySide(states: readonly Tensor[]): Tensor {
  if (states.length === 1) return states[0];
  const [, tokens] = states[0].dims;
  const widths = states.map(({ dims }) => dims[2]);
  const width = widths.reduce((a, b) => a + b);
  const data = new Float32Array(tokens * width);
  for (let token = 0, to = 0; token < tokens; token++) {
    states.forEach((state, i) => {
      data.set(state.data.subarray(token * widths[i], (token + 1) * widths[i]), to);
      to += widths[i];
    });
  }
  return tensor([1, tokens, width], data);
}
