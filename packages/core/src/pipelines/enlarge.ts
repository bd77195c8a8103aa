// Finished pictures enlarged by the model's own network: small models name one in their folder, so that what people get is crisp.

import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import type { Image } from "../image/image.ts";
import type { Networks } from "./networks.ts";
import type { ResolvedOptions } from "./options.ts";
import { upscale } from "./upscale.ts";

/** How much larger a run's pictures are than what the model makes: 1 where it has no upscaler, or is told not to use it. */
export const enlargement = (
  { upscale: asked = true }: Pick<ResolvedOptions, "upscale">,
  { configs }: Pick<Networks, "configs">,
): number => (asked ? (configs.upscaler?.scale ?? 1) : 1);

/** A network that enlarged a picture, for its record. */
export interface Enlarger {
  readonly name: string;
  readonly scale: number;
}

/** Enlarges pictures as `enlargement` says; `by` is undefined where they stay as they are. */
export function pictureEnlarger(
  networks: Networks,
  { checkpoint, options, signal }: { checkpoint: Checkpoint; options: ResolvedOptions; signal: AbortSignal },
): { readonly by: Enlarger | undefined; readonly enlarge: (image: Image) => Promise<Image> } {
  const scale = enlargement(options, networks);
  if (scale === 1) return { by: undefined, enlarge: async (image) => image };
  const name = checkpoint.preferences.upscaler!.replace(/^.*\//, "").replace(/\.\w+$/, "");
  return {
    by: { name, scale },
    enlarge: async (image) =>
      upscale(await networks.get("upscaler", signal), networks.configs.upscaler!, image, { signal }),
  };
}
