// Tokenizers from what a checkpoint has: its own vocabulary files, or none, where OpenAI's vocabulary serves.

import { readAsset } from "#platform";
import { gunzipSync } from "fflate";
import type { ClipTokenizer } from "./clip.ts";
import { clipTokenizer } from "./clip.ts";
import type { Vocabulary } from "./clip-vocabulary.ts";
import { openAiMerges, parseOpenAiVocabulary, parseVocabulary } from "./clip-vocabulary.ts";

/** A CLIP tokenizer: its own files, or OpenAI's vocabulary with the token it pads with. */
export type TokenizerFiles = OwnTokenizerFiles | { readonly builtIn: "clip"; readonly padToken: "<|endoftext|>" | "!" };

/** A tokenizer with a vocabulary of its own. */
export interface OwnTokenizerFiles {
  /** vocab.json as text: token → id. */
  readonly vocab: string;
  /** merges.txt as text: one merge a line, under a version line. */
  readonly merges: string;
  /** tokenizer_config.json with the special tokens as plain strings. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** The tokenizer that `files` describe. Throws when they contradict each other. */
export async function openTokenizer(files: TokenizerFiles): Promise<ClipTokenizer> {
  if ("builtIn" in files) return clipTokenizer(await openAiVocabulary(), { padToken: files.padToken });
  const { config } = files;
  return clipTokenizer(parseVocabulary(files), {
    bosToken: text(config.bos_token),
    eosToken: text(config.eos_token),
    unkToken: text(config.unk_token),
    padToken: text(config.pad_token),
    addedTokens: addedTokens(config.added_tokens_decoder),
  });
}

/** `files` with their vocabulary written out, as transformers has it in its own files. */
export async function writtenOut(files: TokenizerFiles): Promise<OwnTokenizerFiles> {
  if (!("builtIn" in files)) return files;
  const { ids } = await openAiVocabulary();
  const [, ...lines] = (await readOpenAiText()).split("\n");
  return {
    vocab: JSON.stringify(Object.fromEntries(ids)),
    merges: ["#version: 0.2", ...lines.slice(0, openAiMerges), ""].join("\n"),
    config: {
      tokenizer_class: "CLIPTokenizer",
      bos_token: "<|startoftext|>",
      eos_token: "<|endoftext|>",
      unk_token: "<|endoftext|>",
      pad_token: files.padToken,
      model_max_length: 77,
      do_lower_case: true,
      add_prefix_space: false,
      errors: "replace",
    },
  };
}

let openAi: Promise<Vocabulary> | undefined;

/** OpenAI's vocabulary from the file that comes with this package, read once. */
function openAiVocabulary(): Promise<Vocabulary> {
  openAi ??= readOpenAiVocabulary().catch((cause: unknown) => {
    openAi = undefined; // a failed request may succeed the next time
    throw cause;
  });
  return openAi;
}

const readOpenAiVocabulary = async (): Promise<Vocabulary> => parseOpenAiVocabulary(await readOpenAiText());

async function readOpenAiText(): Promise<string> {
  const bytes = await readAsset(new URL("../../assets/bpe_simple_vocab_16e6.txt.gz", import.meta.url));
  // A web server may have named gzip as the transfer's encoding: then the browser has unpacked it already.
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return new TextDecoder().decode(packed ? gunzipSync(bytes) : bytes);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** tokenizer_config.json's "added_tokens_decoder": id → { content }. */
function addedTokens(decoder: unknown): ReadonlyMap<string, number> {
  return new Map(
    Object.entries((decoder ?? {}) as Record<string, { content: string }>).map(([id, { content }]) => [
      content,
      Number(id),
    ]),
  );
}
