// A CLIP tokenizer as transformers saves it.

import { disk } from "#platform";
import { writtenOut } from "../../tokenizers/open.ts";
import type { TokenizerFiles } from "../../tokenizers/open.ts";
import { saveJson, saveText } from "./model-parts.ts";

/** Writes `files` to the folder `path`; OpenAI's built-in vocabulary is written out. */
export async function saveTokenizer(path: string, files: TokenizerFiles): Promise<void> {
  const { vocab, merges, config } = await writtenOut(files);
  await disk!.makeFolder(path);
  await saveText(`${path}/vocab.json`, vocab);
  await saveText(`${path}/merges.txt`, merges);
  await saveJson(`${path}/tokenizer_config.json`, config);
  const special = ["bos_token", "eos_token", "unk_token", "pad_token"].filter((name) => name in config);
  await saveJson(`${path}/special_tokens_map.json`, Object.fromEntries(special.map((name) => [name, config[name]])));
}
