// A record in A1111's words.

import { formatInfotext } from "../image/infotext.ts";
import type { PictureRecord } from "../pipelines/record.ts";
import { withHypernetworkTags } from "./concept-fields.ts";
import { infotextFields } from "./infotext-fields.ts";
import { withLoraTags } from "./lora-fields.ts";

/** The prompts of this picture, where the record tells those of a whole run; LoRAs and hypernetworks are tags in the first. */
export function recordPrompts({ options, batch }: PictureRecord): { prompt: string; negativePrompt: string } {
  const index = Math.floor((batch?.index ?? 0) / options.count);
  const { prompt, negativePrompt = "", loras, hypernetworks } = options;
  return {
    prompt: withHypernetworkTags(withLoraTags([prompt].flat()[index], loras), hypernetworks),
    negativePrompt: typeof negativePrompt === "string" ? negativePrompt : negativePrompt[index],
  };
}

/** The text that A1111 writes into a picture. */
export const recordInfotext = (record: PictureRecord): string =>
  formatInfotext({ ...recordPrompts(record), fields: infotextFields(record) });
