// The frame of a picture that is to grow: how far each side goes beyond it, in steps that networks can take.

/** Pixels beyond the picture on each side. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A side. */
export type Side = keyof Frame;

/** The sides in the order that requests have. */
export const sides = ["left", "top", "right", "bottom"] as const satisfies readonly Side[];

/** No growth. */
export const noFrame: Frame = { left: 0, top: 0, right: 0, bottom: 0 };

/** Sides grow by so many pixels at a time. */
export const frameStep = 8;

const farthest = 2048;

/** `frame` with `side` at `pixels`, rounded to a step and not inside the picture. */
export const withSide = (frame: Frame, side: Side, pixels: number): Frame => ({
  ...frame,
  [side]: Math.min(farthest, Math.max(0, frameStep * Math.round(pixels / frameStep))),
});

/** Whether it goes beyond the picture. */
export const isLarger = (frame: Frame): boolean => sides.some((side) => frame[side] > 0);

/** Size of a picture of `width`×`height` with the frame around it. */
export const framedSize = (
  { left, top, right, bottom }: Frame,
  { width, height }: { width: number; height: number },
) => ({ width: left + width + right, height: top + height + bottom });
