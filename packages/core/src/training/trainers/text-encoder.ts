// The frozen text encoder of a diffusion run: where it is, and captions as states, each computed once as long as memory allows.

import { joinPath, pathExists, readText } from "#platform";
import { readComponentWeights } from "../../checkpoints/component-weights.ts";
import { readTokenizerFiles } from "../../checkpoints/tokenizer-files.ts";
import { graphOf } from "../../graph/graph.ts";
import { clipTextConfig, clipTextGraph } from "../../models/clip-text.ts";
import type { ClipTextConfig } from "../../models/clip-text.ts";
import type { PublishedConfig } from "../../models/config.ts";
import type { Engine } from "../../runtime/engine.ts";
import type { StoredTensors } from "../../tensor/stored.ts";
import type { AnyTensor, Tensor } from "../../tensor/tensor.ts";
import type { ClipTokenizer } from "../../tokenizers/clip.ts";
import type { TokenizerFiles } from "../../tokenizers/open.ts";
import { openTokenizer } from "../../tokenizers/open.ts";
import { parsePythonJsonObject } from "../../util/python-json.ts";
import { openCachedStates } from "./text-states.ts";

/** A text encoder's files. */
export interface TextEncoderFiles {
  /** Of the text tower alone. */
  readonly published: PublishedConfig;
  readonly config: ClipTextConfig;
  /** Names as in CLIPTextModel. */
  readonly tensors: StoredTensors;
  readonly tokenizerFiles: TokenizerFiles;
  readonly tokenizer: ClipTokenizer;
}

/** The text encoder in `path`: a model in diffusers layout (text_encoder, tokenizer), or a folder of CLIP with its tokenizer. */
export async function readTextEncoder(path: string): Promise<TextEncoderFiles> {
  const isWhole = await pathExists(joinPath(path, "text_encoder", "config.json"));
  const [encoder, tokenizer] = isWhole
    ? ["text_encoder", "tokenizer"].map((name) => joinPath(path, name))
    : [path, path];
  const configPath = joinPath(encoder, "config.json");
  if (!(await pathExists(configPath)))
    throw new Error(
      `Cannot open text encoder "${path}": no config.json (a folder of CLIP or of a whole model is wanted)`,
    );
  const own = parsePythonJsonObject(await readText(configPath), configPath);
  const published = (own.text_config as PublishedConfig | undefined) ?? own;
  const { tensors } = await readComponentWeights(encoder);
  const tokenizerFiles = await readTokenizerFiles(tokenizer);
  return {
    published,
    config: clipTextConfig(published, { withProjection: false }),
    tensors: new Map([...tensors].filter(([name]) => name.startsWith("text_model."))),
    tokenizerFiles,
    tokenizer: await openTokenizer(tokenizerFiles),
  };
}

/** `texts` as ids [N,length]: start, as much as fits, end, padding. */
export function paddedIds(texts: readonly string[], tokenizer: ClipTokenizer, length: number): AnyTensor {
  const { startId, endId, padId } = tokenizer;
  const data = texts.flatMap((text) => {
    const ids = [startId, ...tokenizer.encode(text).ids.slice(0, length - 2), endId];
    return [...ids, ...Array<number>(length - ids.length).fill(padId)].map(BigInt);
  });
  return { dims: [texts.length, length], data: BigInt64Array.from(data) };
}

/** Captions to states. */
export interface TextStates {
  readonly tokens: number;
  readonly width: number;
  /** The last layer's normalized states of each caption, [N,T,D]. */
  encode(captions: readonly string[]): Promise<Tensor>;
  close(): Promise<void>;
}

/** The encoder of `files` on `engine`. */
export async function openTextStates(
  engine: Engine,
  { config, tensors, tokenizer }: TextEncoderFiles,
  source: string,
): Promise<TextStates> {
  const { positions, width, layers } = config;
  const whole = clipTextGraph(config);
  const states = await openCachedStates(engine, {
    graph: graphOf(whole.name, { context: whole.outputs[`normalized.${layers}`] }),
    tensors,
    source,
    feeds: (captions) => ({ ids: paddedIds(captions, tokenizer, positions) }),
  });
  return {
    tokens: positions,
    width,
    encode: async (captions) => (await states.encode(captions)).context,
    close: states.close,
  };
}
