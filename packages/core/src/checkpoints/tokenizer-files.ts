// A tokenizer folder as transformers saves it: vocab.json and merges.txt, or both inside one tokenizer.json.

import { joinPath, pathExists, readText } from "#platform";
import { parsePythonJsonObject } from "../util/python-json.ts";
import type { TokenizerFiles } from "../tokenizers/open.ts";

const specialTokens = ["bos_token", "eos_token", "unk_token", "pad_token"];

/** Reads the tokenizer in `folder`. Throws when it has no vocabulary. */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const config = await readTokenizerConfig(folder);
  if (await pathExists(joinPath(folder, "vocab.json"))) {
    const [vocab, merges] = await Promise.all(
      ["vocab.json", "merges.txt"].map((name) => readText(joinPath(folder, name))),
    );
    return { vocab, merges, config };
  }
  const path = joinPath(folder, "tokenizer.json");
  if (!(await pathExists(path)))
    throw new Error(`Cannot open "${folder}": no vocabulary ("vocab.json" or "tokenizer.json" is wanted)`);
  const { model } = parsePythonJsonObject(await readText(path), path) as {
    model?: { vocab?: object; merges?: (string | string[])[] };
  };
  if (model?.vocab === undefined || !Array.isArray(model.merges))
    throw new Error(`Cannot open "${path}": no byte-pair vocabulary (a CLIP tokenizer is wanted)`);
  const merges = model.merges.map((merge) => (typeof merge === "string" ? merge : merge.join(" ")));
  return { vocab: JSON.stringify(model.vocab), merges: ["#version: 0.2", ...merges, ""].join("\n"), config };
}

/**
 * tokenizer_config.json with its special tokens as plain strings. special_tokens_map.json overrides them unless the
 * configuration lists its added tokens, as transformers does: SD 2's padding "!" is only in the map.
 */
async function readTokenizerConfig(folder: string): Promise<Record<string, unknown>> {
  const [config, map] = await Promise.all(
    ["tokenizer_config.json", "special_tokens_map.json"].map((name) => readOptional(joinPath(folder, name))),
  );
  const merged = "added_tokens_decoder" in config ? { ...map, ...config } : { ...config, ...map };
  for (const token of specialTokens) {
    const value = merged[token];
    if (typeof value === "object" && value !== null && "content" in value) merged[token] = value.content;
  }
  return merged;
}

async function readOptional(path: string): Promise<Record<string, unknown>> {
  return (await pathExists(path)) ? parsePythonJsonObject(await readText(path), path) : {};
}
