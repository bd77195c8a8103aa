// Texts as a model's UNet is told of them: by all its text encoders, in one graph, with learned vectors where there are some.

import type { Graph } from "../../graph/graph.ts";
import { graphOf } from "../../graph/graph.ts";
import { symbol } from "../../graph/dim.ts";
import { concat } from "../../graph/ops/shape.ts";
import { input } from "../../graph/ops/source.ts";
import { parameters } from "../../graph/params.ts";
import type { Params } from "../../graph/params.ts";
import type { Value } from "../../graph/value.ts";
import { clipText } from "../../models/clip-text.ts";
import type { ReplacedVectors } from "../../models/clip-text.ts";
import { promptChunks } from "../../prompts/chunks.ts";
import type { ChunkToken } from "../../prompts/chunks.ts";
import type { EmbeddingTable } from "../../prompts/embeddings.ts";
import { placed } from "../../prompts/placed-text.ts";
import { padTo } from "../../tokenizers/clip-tokens.ts";
import type { BaseEncoder, BaseModel } from "./base-model.ts";
import type { Feeds } from "./trainer.ts";

/** What the UNet is told. */
export interface TextValues {
  /** [N,T,D]. */
  readonly context: Value;
  /** [N,P], SDXL's only. */
  readonly textEmbeds?: Value;
}

/** How texts are encoded. */
export interface BaseTextOptions {
  readonly clipSkip: number;
  /** Learned vectors, in the place of ids' own. */
  readonly replaced?: (encoder: BaseEncoder) => ReplacedVectors;
}

/** The input with an encoder's ids [N,T]. */
const idsInput = ({ prefix }: BaseEncoder): string => `ids.${prefix}`;

/**
 * The texts in the inputs `ids.text_encoder` [N,T] and, with two encoders, `ids.text_encoder_2`. SD 1 and 2 take the last layer's
 * normalized states, SDXL both encoders' states before it as they are.
 */
export function baseText(p: Params, base: Pick<BaseModel, "encoders" | "path">, options: BaseTextOptions): TextValues {
  const isPair = base.encoders.length === 2;
  const encoded = base.encoders.map((encoder) => {
    const { prefix, config } = encoder;
    const layer = config.layers - (isPair ? options.clipSkip : options.clipSkip - 1);
    if (layer < 0)
      throw new RangeError(
        `Cannot skip ${options.clipSkip} layers of CLIP: "${prefix}" of "${base.path}" has ${config.layers}`,
      );
    const ids = input(idsInput(encoder), [symbol("batch"), config.positions], "int64");
    const { hidden, normalized, textEmbeds } = clipText(p.at(prefix), ids, config, options.replaced?.(encoder));
    return { states: (isPair ? hidden : normalized)[layer], textEmbeds };
  });
  const states = encoded.map((one) => one.states);
  const pooled = encoded.at(-1)!.textEmbeds;
  return {
    context: states.length === 1 ? states[0] : concat(states, 2),
    ...(isPair && pooled && { textEmbeds: pooled }),
  };
}

/** The texts alone, as a graph: outputs `context` and, for SDXL, `textEmbeds`. */
export const baseTextGraph = (base: BaseModel, options: BaseTextOptions): Graph =>
  graphOf("texts", { ...baseText(parameters(), base, options) });

/** The tokens of a text in one encoder, without start and end: what does not fit is cut off. */
export const textTokens = (
  text: string,
  { config, tokenizer, part }: BaseEncoder,
  table?: EmbeddingTable,
): readonly ChunkToken[] =>
  promptChunks([{ kind: "text", text: placed(text), weight: 1 }], tokenizer, {
    chunking: "cut",
    capacity: config.positions - 2,
    embeddings: table && { table, part, naming: "name" },
  }).chunks[0];

/** The inputs of `baseText` for `texts`; words of `table` have the start token's id at their vectors' places. */
export function textFeeds(base: Pick<BaseModel, "encoders">, texts: readonly string[], table?: EmbeddingTable): Feeds {
  return Object.fromEntries(
    base.encoders.map((encoder) => {
      const { config, tokenizer } = encoder;
      const { positions: length } = config;
      const ids = texts.flatMap((text) => {
        const own = textTokens(text, encoder, table).map(({ id }) => id);
        return padTo([tokenizer.startId, ...own, tokenizer.endId], { length, padId: tokenizer.padId });
      });
      return [idsInput(encoder), { dims: [texts.length, length], data: BigInt64Array.from(ids, BigInt) }];
    }),
  );
}
