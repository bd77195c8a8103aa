// The canvas as a request.

import type { CanvasTask } from "../state/canvas-source.ts";
import type { GenerateRequest } from "../state/create-settings.ts";
import { framedSize, sides } from "./frame.ts";
import type { Frame } from "./frame.ts";

/** What the canvas asks for. */
export interface CanvasSettings {
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly model?: string;
  readonly strength: number;
  readonly steps?: number;
  readonly guidanceScale?: number;
  readonly seed?: number;
  readonly count: number;
  /** Softness of the mask's edge, in pixels. */
  readonly feather: number;
  /** Work on the part around the mask alone, at full size. */
  readonly onlyMasked: boolean;
  readonly fill: "original" | "fill" | "noise" | "nothing";
  /** Longest side to work at; undefined for the picture's own. */
  readonly longestSide?: number;
}

/** What is on the canvas. */
export interface CanvasContent {
  readonly task: CanvasTask;
  readonly init: string;
  readonly width: number;
  readonly height: number;
  readonly frame: Frame;
  /** Reference of the mask's picture, where one is drawn. */
  readonly mask?: string;
}

/** The request. */
export function canvasRequest(settings: CanvasSettings, content: CanvasContent): GenerateRequest {
  const { prompt, negativePrompt, model, strength, steps, guidanceScale, seed, count } = settings;
  const { task, init, mask, frame } = content;
  const hasMask = task === "part" && mask !== undefined;
  const isAround = task === "around";
  const onlyMasked = hasMask && settings.onlyMasked;
  return {
    task: "generate",
    ...(model !== undefined && { model }),
    init,
    ...(hasMask && { mask }),
    options: {
      prompt,
      ...(negativePrompt !== "" && { negativePrompt }),
      strength,
      count,
      ...(steps !== undefined && { steps }),
      ...(guidanceScale !== undefined && { guidanceScale }),
      ...(seed !== undefined && { seed }),
      ...(hasMask && { maskBlur: settings.feather, fill: settings.fill, pasteOriginal: true }),
      ...(isAround && { outpaint: sides.map((side) => frame[side]) as [number, number, number, number] }),
      ...(isAround && { maskBlur: settings.feather, pasteOriginal: true }),
      ...(onlyMasked && { maskArea: "masked" }),
      ...(!onlyMasked && workingSize(settings, content)),
    },
  };
}

// All families' autoencoders make latents of an eighth.
const multiple = 8;

/** The size to work at where it is not the picture's own: another was asked for, or its own is none that networks take. */
function workingSize({ longestSide }: CanvasSettings, { task, frame, ...picture }: CanvasContent) {
  const { width, height } = task === "around" ? framedSize(frame, picture) : picture;
  const scale = longestSide === undefined ? 1 : longestSide / Math.max(width, height);
  const rounded = (side: number) => Math.max(multiple, multiple * Math.round((scale * side) / multiple));
  const size = { width: rounded(width), height: rounded(height) };
  return size.width === width && size.height === height ? size : { ...size, fit: "stretch" as const };
}
