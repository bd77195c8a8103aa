// Latents to a finished picture: in tiles where memory is short, and refused when the autoencoder fails on them.

import type { Image } from "../image/image.ts";
import { imagesFromTensor } from "../image/pixels.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { decodeLatents } from "./decode-latents.ts";
import { tilesFor } from "./memory-limits.ts";
import type { Networks } from "./networks.ts";
import type { ResolvedOptions } from "./options.ts";

/** Decodes latents [1,C,h,w] to a picture; "preview" by the tiny autoencoder, where there is one. */
export type PictureDecoder = (latents: Tensor, quality?: "full" | "preview") => Promise<Image>;

/** The decoder of `networks`. It throws Error when the picture comes out as NaN or infinite. */
export function pictureDecoder(
  networks: Networks,
  { options, notice, signal }: { options: ResolvedOptions; notice: (text: string) => void; signal: AbortSignal },
): PictureDecoder {
  const { vae } = networks.configs;
  const tracing = options.tiling && { tiling: options.tiling };
  return async (latents, quality = "full") => {
    if (quality === "preview" && networks.hasPreview) {
      const { image } = await (await networks.get("preview", signal, tracing)).run({ latents }, { signal });
      return imagesFromTensor(image)[0];
    }
    const decoder = await networks.get("decoder", signal, tracing);
    const [, , height, width] = latents.dims;
    const size = { width: width * vae.factor, height: height * vae.factor };
    const tiles = tilesFor({ ...options, ...size }, networks, notice);
    if (tiles !== undefined && tracing !== undefined)
      notice("the sides do not meet where a picture is decoded in tiles");
    const picture = await decodeLatents(decoder, latents, vae, { signal, tiles });
    if (picture.data.some((value) => !Number.isFinite(value))) {
      throw new Error(
        `Cannot decode the picture: the autoencoder gave NaN or infinite values (another autoencoder, with vae, is wanted)`,
      );
    }
    return imagesFromTensor(picture)[0];
  };
}
