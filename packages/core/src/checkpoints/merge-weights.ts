// One weight for each block of the UNet, as "Merge Block Weighted" counts them: BASE for the text encoders, the time embedding
// with the first block, the last layers with the last one. https://github.com/bbc-mc/sdweb-merge-block-weighted-gui

import { allBlocks, unetBlocks } from "./names/unet-blocks.ts";

/**
 * The weight of a parameter of the UNet, or of everything else. Throws RangeError when a weight is not finite, or when there are
 * not as many as blocks.
 */
export function mergeWeights(
  { weight, blockWeights }: { readonly weight: number; readonly blockWeights?: readonly number[] },
  unetNames: Iterable<string>,
): (parameter: string | undefined) => number {
  const strange = [weight, ...(blockWeights ?? [])].find((value) => !Number.isFinite(value));
  if (strange !== undefined) throw new RangeError(`Cannot merge with the weight ${strange} (a number is wanted)`);
  if (blockWeights === undefined) return () => weight;
  const names = [...unetNames];
  const block = unetBlocks(names);
  const used = new Set(names.map(block));
  const layout = allBlocks[blockWeights.length];
  const left = layout === undefined ? undefined : [...used].find((one) => !layout.includes(one));
  const last = layout?.at(-1);
  if (layout === undefined || left !== undefined || !used.has(last!)) {
    const wanted = Object.entries(allBlocks).find(
      ([, blocks]) => used.has(blocks.at(-1)!) && [...used].every((one) => blocks.includes(one)),
    );
    throw new RangeError(
      `Cannot merge with ${blockWeights.length} weights for blocks (${wanted?.[0] ?? Object.keys(allBlocks).join(" or ")} are wanted for this UNet: BASE, IN00, …, MID, OUT00, …)`,
    );
  }
  const of = (own: string) => blockWeights[layout.indexOf(own)];
  return (parameter) => {
    if (parameter === undefined) return of("BASE");
    if (parameter.startsWith("time_embedding.")) return of("IN00");
    if (/^conv_(norm_)?out\./.test(parameter)) return of(last!);
    return of(block(parameter));
  };
}
