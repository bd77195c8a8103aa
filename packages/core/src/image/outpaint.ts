// A picture on a larger ground, or moved on its own, and the mask of what that lays bare: outpainting, zooming out, panning.

import { cropImage } from "./compose.ts";
import type { Image } from "./image.ts";
import type { Mask } from "./mask.ts";
import { resizeImage } from "./resize.ts";

/** Pixels to add at each side. */
export interface Margins {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A picture whose edges continue over what is new, and the mask of that. */
export interface Extended {
  readonly image: Image;
  readonly mask: Mask;
  /** Where the old picture lies on the new one. */
  readonly left: number;
  readonly top: number;
}

/** `image` with margins around it. Where a margin is below 0, it is cut there: a pan is one side longer, the other shorter. */
export function extended(image: Image, { left, top, right, bottom }: Margins): Extended {
  const size = { width: image.width + left + right, height: image.height + top + bottom };
  if (size.width < 1 || size.height < 1) {
    throw new RangeError(
      `Cannot extend a picture of ${image.width}×${image.height} by ${[left, top, right, bottom]}: nothing is left (smaller cuts are wanted)`,
    );
  }
  const mask = new Uint8Array(size.width * size.height).fill(255);
  for (let y = Math.max(top, 0); y < Math.min(top + image.height, size.height); y++) {
    const row = y * size.width;
    mask.fill(0, row + Math.max(left, 0), row + Math.min(left + image.width, size.width));
  }
  return {
    image: cropImage(image, { left: -left, top: -top, ...size }),
    mask: { ...size, data: mask },
    left,
    top,
  };
}

/** `image` made smaller by `factor`, in the middle of its own size. */
export function zoomedOut(image: Image, factor: number): Extended {
  const width = Math.max(1, Math.round(image.width / factor));
  const height = Math.max(1, Math.round(image.height / factor));
  const [left, top] = [Math.floor((image.width - width) / 2), Math.floor((image.height - height) / 2)];
  return extended(resizeImage(image, { width, height }), {
    left,
    top,
    right: image.width - width - left,
    bottom: image.height - height - top,
  });
}
