// The autoencoders that are compared: by how much smaller their latents are, and by what keeps these in order. Channels are those of
// latent diffusion's (arXiv 2112.10752, table 8), codebooks an eighth of its: there are fewer pictures.

import { checkRecipe } from "@noisette/core/training/recipe/read-recipe";
import type { AutoencoderRecipe } from "@noisette/core/training/recipe/autoencoder";
import { readStageRecipe } from "../recipes/stage-recipe.ts";

/** One autoencoder. */
export interface Variant {
  /** The stage that trains it. */
  readonly name: string;
  /** Pixels a side per latent. */
  readonly factor: number;
  readonly kind: "KL" | "VQ";
  readonly latentChannels: number;
  readonly regularization: object;
}

const kl = { kind: "kl", weight: 1e-4 };
const vq = (codes: number) => ({ kind: "vq", codes, revive: { every: 100 } });
const table: readonly (readonly [factor: number, klChannels: number, vqChannels: number, codes: number])[] = [
  [2, 2, 2, 256],
  [4, 3, 3, 1024],
  [8, 4, 4, 2048],
  [16, 16, 8, 2048],
];

/** All of them; those of the least factor come first. */
export const variants: readonly Variant[] = table.flatMap(([factor, klChannels, vqChannels, codes]) => [
  { name: `f${factor}-kl`, factor, kind: "KL", latentChannels: klChannels, regularization: kl } as const,
  { name: `f${factor}-vq`, factor, kind: "VQ", latentChannels: vqChannels, regularization: vq(codes) } as const,
]);

/** Those of a run: a tiny one tries both kinds at one factor. */
export const variantsOf = ({ tiny }: { readonly tiny: boolean }): readonly Variant[] =>
  tiny ? variants.filter(({ factor }) => factor === variants[0].factor) : variants;

/** The recipe of a variant: the common one, of whose resolutions it has the first so many. */
export async function variantRecipe(
  { name, factor, latentChannels, regularization }: Variant,
  place: { readonly folder: string; readonly tiny: boolean },
): Promise<AutoencoderRecipe> {
  const common = (await readStageRecipe("ablation", "autoencoder", place)) as AutoencoderRecipe;
  const features = common.autoencoder.features.slice(0, Math.log2(factor) + 1);
  const own = { name: `${common.name} ${name}`, autoencoder: { ...common.autoencoder, latentChannels, features } };
  return checkRecipe({ ...common, ...own, regularization }, name) as AutoencoderRecipe;
}
