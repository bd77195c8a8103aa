// LoRAs in the words of AUTOMATIC1111's infotext: tags in the prompt, and the field "Lora hashes".

import { strengthOf } from "../pipelines/adapter-options.ts";
import type { LoraOption } from "../pipelines/adapter-options.ts";
import type { PictureRecord } from "../pipelines/record.ts";

/** "Lora hashes" as A1111 writes it: "name: hash, name: hash". */
export const loraHashesField = (loras: PictureRecord["loras"]): string | undefined =>
  loras?.map(({ name, hash }) => `${labelOf(name)}: ${hash}`).join(", ");

/** The hashes in the field "Lora hashes", by name. */
export const readLoraHashes = (field: string): Record<string, string> =>
  Object.fromEntries(
    Array.from(field.matchAll(/([^,:]+): *([0-9a-f]{8,64})/g), ([, name, hash]) => [name.trim(), hash]),
  );

/** `prompt` with a tag for each LoRA that options name: A1111 has no other place for them. */
export function withLoraTags(prompt: string, loras: readonly LoraOption[] = []): string {
  const tags = loras.map((lora) => `<lora:${[labelOf(lora.name), ...argumentsOf(lora)].join(":")}>`);
  return [prompt, ...tags].filter((text) => text !== "").join(" ");
}

/** The name in tags: the file's without folder and ending, and without what separates. */
export const labelOf = (name: string): string =>
  name
    .replace(/^.*[\\/]/, "")
    .replace(/\.(safetensors|pt|ckpt|bin)$/i, "")
    .replaceAll(/[:,<>]/g, "");

/** What stands behind the name, as prompts/network-tags.ts reads it. */
function argumentsOf(lora: LoraOption): string[] {
  const { weight, textWeight } = strengthOf(lora);
  const { rank, start, end, blockWeights } = lora;
  const course =
    typeof weight === "number" ? `${weight}` : weight.map(([at, strength]) => `${strength}@${at}`).join(";");
  const named = { dyn: rank, start, stop: end, lbw: blockWeights?.join(",") };
  return [
    ...(textWeight === weight ? [course] : [`${textWeight}`, course]),
    ...Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])),
  ];
}
