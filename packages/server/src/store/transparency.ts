// What of a picture is seen through.

import type { Image } from "@noisette/core";
import type { Mask } from "@noisette/core/image/mask";

/** Whether nothing of the picture is seen through. */
export const isOpaque = ({ channels, data }: Image): boolean =>
  channels === 3 || !data.some((value, i) => i % 4 === 3 && value < 255);

/** How much is seen of each pixel, as a mask. */
export const alphaOf = ({ width, height, channels, data }: Image): Mask => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, i) => (channels === 4 ? data[4 * i + 3] : 255)),
});
