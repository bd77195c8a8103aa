// The frozen text encoder of a diffusion run: where it is, and captions as states, each computed once as long as memory allows.

import { joinPath, pathExists, readText } from "#platform";
import { readComponentWeights } from "../../checkpoints/component-weights.ts";
import { readTokenizerFiles } from "../../checkpoints/tokenizer-files.ts";
import { clipTextConfig, clipTextGraph } from "../../models/clip-text.ts";
import type { ClipTextConfig } from "../../models/clip-text.ts";
import type { PublishedConfig } from "../../models/config.ts";
import type { Engine, Network } from "../../runtime/engine.ts";
import type { StoredTensors } from "../../tensor/stored.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { ClipTokenizer } from "../../tokenizers/clip.ts";
import type { TokenizerFiles } from "../../tokenizers/open.ts";
import { openTokenizer } from "../../tokenizers/open.ts";
import { parsePythonJsonObject } from "../../util/python-json.ts";

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

/** `text` as ids of a fixed length: start, as much as fits, end, padding. */
export function paddedIds(text: string, tokenizer: ClipTokenizer, length: number): bigint[] {
  const words = tokenizer.encode(text).ids.slice(0, length - 2);
  const ids = [tokenizer.startId, ...words, tokenizer.endId];
  return [...ids, ...Array<number>(length - ids.length).fill(tokenizer.padId)].map(BigInt);
}

/** Captions to states. */
export interface TextStates {
  readonly tokens: number;
  readonly width: number;
  /** The last layer's normalized states of each caption, [N,T,D]. */
  encode(captions: readonly string[]): Promise<Tensor>;
  close(): Promise<void>;
}

/** Memory for states that are kept. */
const keptBytes = 512e6;

/** The encoder of `files` on `engine`. */
export async function openTextStates(
  engine: Engine,
  { config, tensors, tokenizer }: TextEncoderFiles,
  source: string,
): Promise<TextStates> {
  const { positions, width, layers } = config;
  const network: Network = await engine.load(clipTextGraph(config), tensors, { source });
  const output = `normalized.${layers}`;
  const size = positions * width;
  const kept = new Map<string, Float32Array>();
  return {
    tokens: positions,
    width,
    async encode(captions) {
      const states = new Map<string, Float32Array>();
      const missing: string[] = [];
      for (const caption of new Set(captions)) {
        const known = kept.get(caption);
        if (known === undefined) missing.push(caption);
        else states.set(caption, known);
      }
      if (missing.length > 0) {
        const ids = BigInt64Array.from(missing.flatMap((caption) => paddedIds(caption, tokenizer, positions)));
        const { [output]: encoded } = await network.run(
          { ids: { dims: [missing.length, positions], data: ids } },
          { outputs: [output] },
        );
        missing.forEach((caption, i) => states.set(caption, encoded.data.slice(i * size, (i + 1) * size)));
        // When there is no more room the oldest make it: captions that are drawn anew each time would fill it for good.
        for (const caption of missing) kept.set(caption, states.get(caption)!);
        for (const oldest of kept.keys()) {
          if (kept.size * size * 4 <= keptBytes) break;
          kept.delete(oldest);
        }
      }
      const all = tensor([captions.length, positions, width]);
      captions.forEach((caption, i) => all.data.set(states.get(caption)!, i * size));
      return all;
    },
    close: () => network.unload(),
  };
}
