// NovelAI's "Comment" as options. Its prompts weigh words by curly and square brackets, 1.05 to the power of how many.

import { emptyDraft, numberIn, settingsOf } from "./found-settings.ts";
import type { FoundSettings } from "./found-settings.ts";
import { parseRecord } from "./json.ts";
import { comfyuiSchedule, novelaiSampler } from "./names.ts";

/** The settings in the texts of a picture of NovelAI's. */
export function readNovelai(texts: Readonly<Record<string, string>>): FoundSettings | undefined {
  const json = parseRecord(texts.Comment);
  if (json === undefined || texts.Software !== "NovelAI") return undefined;
  const draft = emptyDraft();
  const { options, notReproduced } = draft;
  const prompt = typeof json.prompt === "string" ? json.prompt : (texts.Description ?? "");
  // Chunks, noise and seeds as the first programs on top of k-diffusion had them.
  Object.assign(options, { dynamicPrompts: "off", prompt: weighed(prompt) });
  if (typeof json.uc === "string" && json.uc !== "") options.negativePrompt = weighed(json.uc);
  const names = { steps: "steps", seed: "seed", scale: "guidanceScale", cfg_rescale: "guidanceRescale" };
  for (const [theirs, ours] of Object.entries({ ...names, width: "width", height: "height" }))
    if (json[theirs] !== undefined && json[theirs] !== null) options[ours] = numberIn(json[theirs]);
  if (json.sampler !== undefined) {
    options.sampler = novelaiSampler(String(json.sampler));
    if (options.sampler === undefined) notReproduced.push(`sampler: ${String(json.sampler)}`);
  }
  if (typeof json.noise_schedule === "string") {
    options.schedule = comfyuiSchedule(json.noise_schedule);
    if (options.schedule === undefined) notReproduced.push(`noise_schedule: ${json.noise_schedule}`);
  }
  if (json.strength !== undefined && json.image !== undefined) draft.init = "a picture";
  for (const name of ["sm", "sm_dyn", "dynamic_thresholding", "reference_information_extracted"])
    if (json[name] !== undefined && json[name] !== false && json[name] !== null)
      notReproduced.push(`${name}: ${JSON.stringify(json[name])}`);
  if (texts.Source !== undefined) draft.model = { name: texts.Source };
  return settingsOf("NovelAI", draft);
}

/** {word} as (word:1.05), [word] as (word:0.952), which A1111's grammar multiplies as they nest; (word) is text. */
function weighed(prompt: string): string {
  const closing: string[] = [];
  const text = prompt.replace(/[()\\{}[\]]/g, (sign) => {
    if (sign === "{" || sign === "[") {
      closing.push(sign === "{" ? "}" : "]");
      return "(";
    }
    if (sign === "}" || sign === "]") {
      if (closing.at(-1) !== sign) return `\\${sign}`;
      closing.pop();
      return sign === "}" ? ":1.05)" : ":0.952)";
    }
    return `\\${sign}`;
  });
  // A bracket that is never closed would weigh all that follows it.
  return closing.length === 0 ? text : prompt.replace(/[()\\{}[\]]/g, "\\$&");
}
