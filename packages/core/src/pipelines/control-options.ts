// The option that names ControlNets and T2I-Adapters, and how each is to act.

import { z } from "zod";
import { annotatorIds } from "../image/annotators/index.ts";
import type { Image } from "../image/image.ts";
import { oneOf } from "../util/one-of.ts";
import { controlModes } from "./control-modes.ts";

const part = z.number().min(0).max(1);

/** One control, as far as it can be written down. */
export const controlOption = z.strictObject({
  path: z.string().min(1).describe("ControlNet or T2I-Adapter: file, folder or Hub id"),
  weight: z.number().min(-2).max(2).default(1).describe("How strongly it acts"),
  start: part.default(0).describe("Part of the steps at which it begins"),
  end: part.default(1).describe("Part of the steps at which it ends"),
  mode: oneOf(controlModes)
    .default("balanced")
    .describe("Who leads: both alike, the prompt, or the control; or diffusers' guess mode"),
  fit: z
    .enum(["stretch", "crop", "fill"])
    .optional()
    .describe("How a control picture of another shape comes to width and height (not at all: an error)"),
  annotator: z
    .enum(annotatorIds)
    .default("none")
    .describe("What makes the control picture out of the one that is given"),
  annotatorOptions: z.record(z.string(), z.unknown()).optional().describe("Options of the annotator, by name"),
});

/** The shape of these options, a part of generateOptions. */
export const controlOptions = {
  controls: z
    .array(controlOption)
    .min(1)
    .max(16)
    .optional()
    .describe("ControlNets and T2I-Adapters that make the picture follow others"),
} as const;

/** One control with its defaults. */
export type ControlOption = z.output<typeof controlOption>;

/** One control as a caller writes it. */
export type Control = z.input<typeof controlOption> & {
  /** The picture to follow; the initial picture by default. */
  readonly image?: Image;
};

/** Controls apart from their pictures: what can be written down, and what cannot. */
export function separateControls(controls: readonly Control[] | undefined): {
  readonly options?: { readonly controls: readonly z.input<typeof controlOption>[] };
  readonly images?: readonly (Image | undefined)[];
} {
  if (controls === undefined) return {};
  return {
    options: {
      controls: controls.map((control) => {
        const { image: _, ...option } = control;
        return option;
      }),
    },
    images: controls.map(({ image }) => image),
  };
}
