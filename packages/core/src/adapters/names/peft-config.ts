// What PEFT keeps beside the tensors: alpha and rank, which its files do not hold per module. diffusers writes them into
// the metadata of safetensors ("lora_adapter_metadata", names with "unet." and the like before them), PEFT itself into
// adapter_config.json beside adapter_model.safetensors.

import { joinPath, parentFolder, pathExists, readText } from "#platform";
import { z } from "zod";

const config = z.object({
  lora_alpha: z.number().optional(),
  use_rslora: z.boolean().nullish(),
  alpha_pattern: z.record(z.string(), z.number()).nullish(),
});
type PeftConfig = z.infer<typeof config>;

/** alpha/rank of a module of the file `path`, by its name there; undefined when no configuration says it. */
export type PeftScales = (module: string, rank: number) => number | undefined;

/** The scales that stand beside PEFT's own file `path`; undefined when none do. Throws Error when they cannot be read. */
export async function peftScales(path: string): Promise<PeftScales | undefined> {
  if (!/(^|[\\/])adapter_model\.(safetensors|bin)$/.test(path)) return undefined;
  const beside = joinPath(parentFolder(path), "adapter_config.json");
  if (!(await pathExists(beside))) return undefined;
  const own = parsed(beside, await readText(beside));
  return (module, rank) => scaleIn(own, module.replace(/^base_model\.model\./, ""), rank);
}

/** The scales that diffusers wrote into `metadata`; undefined when it did not. */
export function diffusersScales(metadata: Readonly<Record<string, string>>, source: string): PeftScales | undefined {
  if (!Object.hasOwn(metadata, "lora_adapter_metadata")) return undefined;
  const text = metadata.lora_adapter_metadata;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`Cannot read "${source}": its "lora_adapter_metadata" is not JSON`, { cause });
  }
  const entries = typeof json === "object" && json !== null ? Object.entries(json) : [];
  const configs = ["unet.", "text_encoder_2.", "text_encoder."].map((prefix) => {
    const own = entries
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]);
    return { prefix, config: parsed(source, JSON.stringify(Object.fromEntries(own))) };
  });
  return (module, rank) => {
    const found = configs.find(({ prefix }) => module.startsWith(prefix));
    return found && scaleIn(found.config, module.slice(found.prefix.length), rank);
  };
}

function parsed(source: string, text: string): PeftConfig {
  try {
    return config.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`Cannot read "${source}": its LoRA configuration is damaged (${(cause as Error).message})`, {
      cause,
    });
  }
}

/** PEFT's rule: alpha/rank, or with use_rslora alpha/√rank; alpha_pattern has the alphas of modules by the end of their names. */
function scaleIn(
  { lora_alpha, use_rslora, alpha_pattern }: PeftConfig,
  module: string,
  rank: number,
): number | undefined {
  const [, special] =
    Object.entries(alpha_pattern ?? {}).find(([end]) => module === end || module.endsWith(`.${end}`)) ?? [];
  const alpha = special ?? lora_alpha;
  return alpha === undefined ? undefined : alpha / (use_rslora ? Math.sqrt(rank) : rank);
}
