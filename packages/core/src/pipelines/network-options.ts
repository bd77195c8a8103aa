// Options that change the network itself, or how it is run over a picture.

import { z } from "zod";
import { oneOf } from "../util/one-of.ts";
import { windowWeights } from "./tiled-diffusion.ts";

const factor = z.number().min(0).max(10);

/** The shape of these options, a part of generateOptions. */
export const networkOptions = {
  freeu: z
    .tuple([factor, factor, factor, factor])
    .optional()
    .describe("FreeU's b1,b2,s1,s2: 1.5,1.6,0.9,0.2 for SD 1, 1.4,1.6,0.9,0.2 for SD 2, 1.3,1.4,0.9,0.2 for SDXL"),
  tiling: z
    .enum(["x", "y", "xy"])
    .optional()
    .describe("Make a picture whose sides meet seamlessly: left and right (x), top and bottom (y), or both"),
  attention: z.boolean().optional().describe("Tell where each word of the prompt was looked at in the picture"),
  attentionSteps: z
    .array(z.int().min(1))
    .min(1)
    .optional()
    .describe("Steps to tell it for, each on its own, from 1 (all together)"),
  tiledDiffusion: oneOf(windowWeights)
    .optional()
    .describe("Denoise large pictures in overlapping windows, averaged alike or with weight on their middle (mixture)"),
  tileSize: z
    .int()
    .min(64)
    .max(16384)
    .multipleOf(8)
    .optional()
    .describe("Side of such a window in pixels (the model's own)"),
  tileOverlap: z.number().min(0).max(0.95).optional().describe("Share of a window that the next one covers too (0.5)"),
} as const;

/** These options with their defaults. */
export type NetworkOptionValues = z.output<z.ZodObject<typeof networkOptions>>;

/** Throws TypeError when the options contradict each other. */
export function checkNetworkOptions(
  options: NetworkOptionValues & { readonly sagScale: number; readonly tiledDecode: string },
): void {
  const { tiling, attention, attentionSteps, tiledDiffusion, tileSize, tileOverlap, sagScale, tiledDecode } = options;
  const conflicts: readonly (readonly [unknown, unknown, string])[] = [
    [tiledDiffusion, tiling, "tiledDiffusion and tiling: the sides of windows do not meet"],
    [tiledDiffusion, attention, "tiledDiffusion and attention: windows have no map of the whole"],
    [tiledDiffusion, sagScale > 0, "tiledDiffusion and sagScale: windows have no map of the whole"],
    [tiling, tiledDecode === "on", "tiling and tiledDecode: the sides of tiles do not meet"],
  ];
  for (const [a, b, what] of conflicts)
    if (a && b) throw new TypeError(`Cannot generate with ${what} (one of them is wanted)`);
  if (attentionSteps !== undefined && !attention)
    throw new TypeError("Cannot generate with attentionSteps alone (attention is wanted with it)");
  if ((tileSize !== undefined || tileOverlap !== undefined) && tiledDiffusion === undefined)
    throw new TypeError(
      `Cannot generate with ${tileSize === undefined ? "tileOverlap" : "tileSize"} alone (tiledDiffusion is wanted with it)`,
    );
}
