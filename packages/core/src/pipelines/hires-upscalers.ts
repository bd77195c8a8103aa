// How a picture is enlarged between the two passes of a hires fix: its latents, as A1111's "Latent" modes, or its pixels.

import type { Image } from "../image/image.ts";
import type { ImageFilter } from "../image/resize.ts";
import type { TensorResizeMode } from "../tensor/resize.ts";

/** One way: of latents, or of pictures; and what A1111 calls it. */
export type HiresUpscaler = ({ readonly latents: TensorResizeMode } | { readonly image: ImageFilter }) & {
  readonly a1111?: string;
};

/** The ways by id. */
export const hiresUpscalers = {
  "latent-bilinear": { latents: "bilinear", a1111: "Latent" },
  "latent-bilinear-antialias": { latents: "bilinear-antialias", a1111: "Latent (antialiased)" },
  "latent-bicubic": { latents: "bicubic", a1111: "Latent (bicubic)" },
  "latent-bicubic-antialias": { latents: "bicubic-antialias", a1111: "Latent (bicubic antialiased)" },
  "latent-nearest": { latents: "nearest", a1111: "Latent (nearest)" },
  "latent-nearest-exact": { latents: "nearest-exact", a1111: "Latent (nearest-exact)" },
  nearest: { image: "nearest", a1111: "Nearest" },
  bicubic: { image: "bicubic" },
  lanczos: { image: "lanczos", a1111: "Lanczos" },
} satisfies Record<string, HiresUpscaler>;

/** One of their ids. */
export type HiresUpscalerId = keyof typeof hiresUpscalers;

/** A function that enlarges a picture by a factor of its own: a super-resolution network. */
export type Upscaler = (image: Image, options?: { readonly signal?: AbortSignal }) => Promise<Image>;
