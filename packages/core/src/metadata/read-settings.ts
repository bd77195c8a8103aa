// Whose note is it? The texts of a picture file, tried by the keywords that programs use.

import type { TextEntries } from "../image/png-metadata.ts";
import { readInfotext } from "./a1111.ts";
import { readComfyui } from "./comfyui.ts";
import type { FoundSettings } from "./found-settings.ts";
import { readFooocus } from "./fooocus.ts";
import { invokeaiReaders } from "./invokeai.ts";
import { parseRecord } from "./json.ts";
import { readNovelai } from "./novelai.ts";

const readers: readonly (readonly [
  keyword: string,
  read: (text: string, texts: TextEntries) => FoundSettings | undefined,
])[] = [
  // Before "parameters": some nodes of ComfyUI write that too, for galleries, with less in it.
  ["prompt", readComfyui],
  ["workflow", readComfyui],
  ...Object.entries(invokeaiReaders),
  [
    "parameters",
    (text) => (text.trimStart().startsWith("{") ? (readFooocus(text) ?? embedded(text)) : readInfotext(text)),
  ],
  ["Comment", (_, texts) => readNovelai(texts)],
];

/** The settings that `texts` tell, of whichever program wrote them; undefined when none is understood. Never throws. */
export function readSettings(texts: TextEntries): FoundSettings | undefined {
  for (const [keyword, read] of readers) {
    const found = Object.hasOwn(texts, keyword) ? read(texts[keyword], texts) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Civitai's user comments: a graph of ComfyUI's, or an object that holds one as "prompt". */
function embedded(text: string): FoundSettings | undefined {
  const whole = readComfyui(text);
  if (whole !== undefined) return whole;
  const prompt = parseRecord(text)?.prompt;
  return prompt === undefined ? undefined : readComfyui(typeof prompt === "string" ? prompt : JSON.stringify(prompt));
}
