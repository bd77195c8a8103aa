// What a run works on when it starts from a picture: the picture and its mask made ready, and the way back from what the
// model makes to the picture that was meant.

import { blended, fittedArea, partOfImage, partOfMask, pasted } from "../image/compose.ts";
import type { Fit } from "../image/compose.ts";
import { filled } from "../image/fill.ts";
import type { Image } from "../image/image.ts";
import { maskArea } from "../image/mask-area.ts";
import { blurMask, growMask, imageFromMask, invertMask, joinMasks, maskFromImage } from "../image/mask.ts";
import type { Mask } from "../image/mask.ts";
import type { Extended } from "../image/outpaint.ts";
import { extended, zoomedOut } from "../image/outpaint.ts";
import { resizeImage } from "../image/resize.ts";
import type { ResolvedOptions } from "./options.ts";

/** A picture before its size is settled: the ground it stands on, and what of it is to be painted. */
export interface Ground {
  readonly image: Image;
  /** As the options make it: inverted, grown, blurred. */
  readonly mask: Mask | undefined;
  /** Whether there is more of it than of the picture that was given. */
  readonly isExtended: boolean;
}

/** A picture ready to be encoded. */
export interface Canvas {
  readonly image: Image;
  readonly mask: Mask | undefined;
  /** The part of another picture that lies where the run works, where that is not all. Throws RangeError when it is not of the picture's size. */
  readonly part?: (other: Image) => Image;
  /** The result that is meant, from what the model made of `image`, enlarged or not. */
  finish(made: Image): Image;
}

/** Lays `init` out on its ground and prepares its mask. Throws RangeError on a mask of another size, or with nothing to paint. */
export function layOut(init: Image, maskImage: Image | undefined, options: ResolvedOptions): Ground {
  if (maskImage !== undefined && (maskImage.width !== init.width || maskImage.height !== init.height)) {
    throw new RangeError(
      `Cannot use the mask: it is ${maskImage.width}×${maskImage.height} (${init.width}×${init.height}, the picture's size, is wanted)`,
    );
  }
  const given = maskImage && asAsked(maskFromImage(maskImage), options.maskInvert);
  const larger = extension(init, options);
  const isExtended = larger !== undefined;
  if (!isExtended && given === undefined) return { image: init, mask: undefined, isExtended };
  const whole = larger === undefined ? given! : given === undefined ? larger.mask : joinedOn(larger, given, options);
  const { maskGrow = isExtended ? 8 : 0, maskBlur = isExtended ? 4 : 0 } = options;
  const mask = blurMask(growMask(whole, maskGrow), maskBlur);
  if (mask.data.every((value) => value === 0)) {
    const why = [
      ...(options.maskInvert ? [" after maskInvert"] : []),
      ...(maskGrow < 0 ? [` after maskGrow ${maskGrow}`] : []),
    ].join(" and");
    throw new RangeError(
      `Cannot paint: the mask is black${why}, so that nothing is painted (white where to paint is wanted)`,
    );
  }
  return { image: larger?.image ?? init, mask, isExtended };
}

const asAsked = (mask: Mask, invert = false): Mask => (invert ? invertMask(mask) : mask);

function extension(image: Image, { outpaint, pan, zoomOut }: ResolvedOptions): Extended | undefined {
  if (outpaint !== undefined) {
    const [left, top, right, bottom] = outpaint;
    return extended(image, { left, top, right, bottom });
  }
  if (pan !== undefined) {
    const [right, bottom] = pan;
    return extended(image, { left: -right, top: -bottom, right, bottom });
  }
  return zoomOut === undefined ? undefined : zoomedOut(image, zoomOut);
}

/** A mask of the old picture together with that of what is new around it. */
function joinedOn(larger: Extended, given: Mask, { zoomOut }: ResolvedOptions): Mask {
  const asImage = imageFromMask(given);
  const small =
    zoomOut === undefined
      ? asImage
      : resizeImage(asImage, {
          width: Math.max(1, Math.round(given.width / zoomOut)),
          height: Math.max(1, Math.round(given.height / zoomOut)),
          filter: "bilinear",
        });
  const black: Image = { ...larger.image, channels: 3, data: new Uint8Array(3 * larger.mask.data.length) };
  return joinMasks(larger.mask, maskFromImage(pasted(small, black, larger)));
}

/**
 * The part of `ground` to work on, in the run's size. Throws RangeError when the picture has another size and the options do
 * not say how it is to fit.
 */
export function prepareCanvas(
  { image, mask, isExtended }: Ground,
  options: ResolvedOptions & {
    width: number;
    height: number;
    /** How much larger finished pictures are: one of them needs no `fit`. */
    scale?: number;
  },
): Canvas {
  const { width, height, scale = 1, maskPadding = 32, fit, fill = isExtended ? "fill" : "original" } = options;
  const size = { width, height };
  const isMaskedArea = options.maskArea === "masked";
  const area = isMaskedArea
    ? maskArea(mask!, { ...size, padding: maskPadding })!
    : { left: 0, top: 0, ...sizeOf(image) };
  const isSame = !isMaskedArea && image.width === width && image.height === height;
  const paintedOver = fill === "fill" && mask !== undefined ? filled(image, mask) : image;
  const isEnlarged = image.width === scale * width && image.height === scale * height;
  // The masked area has the run's shape but where the picture is too small for that.
  const howToFit: Fit | undefined = isMaskedArea ? "pad" : isEnlarged ? "stretch" : fit;
  if (!isSame && howToFit === undefined) {
    throw new RangeError(
      `Cannot start from a picture of ${image.width}×${image.height}: ${width}×${height} is wanted (or fit: stretch, crop or pad)`,
    );
  }
  const part = fittedArea(area, size, howToFit ?? "stretch");
  const inPicture = { ...part, left: area.left + part.left, top: area.top + part.top };
  const keepsPixels = mask !== undefined && (isMaskedArea || options.pasteOriginal === true);
  return {
    image: isSame ? paintedOver : partOfImage(paintedOver, inPicture, size),
    mask: mask && (isSame ? mask : partOfMask(mask, inPicture, size)),
    ...(isMaskedArea && {
      part(other: Image) {
        if (other.width === image.width && other.height === image.height) return partOfImage(other, inPicture, size);
        throw new RangeError(
          `Cannot follow a control picture of ${other.width}×${other.height} with maskArea masked: ${image.width}×${image.height}, the picture's size, is wanted`,
        );
      },
    }),
    finish(made) {
      if (!keepsPixels) return made;
      if (!isMaskedArea) {
        const whole = sizeOf(made);
        return blended(made, partOfImage(image, inPicture, whole), partOfMask(mask, inPicture, whole));
      }
      const back = resizeImage(made, sizeOf(inPicture));
      return blended(pasted(back, image, inPicture), image, mask);
    },
  };
}

const sizeOf = ({ width, height }: { width: number; height: number }) => ({ width, height });
