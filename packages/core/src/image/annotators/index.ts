// The table of annotators: what makes a control picture out of a picture, for ControlNets and T2I-Adapters. To add one: its
// file, its row; library, command line and tests read them from here. Those that are networks:
// pipelines/network-annotator.ts.

import { z } from "zod";
import type { Image } from "../image.ts";
import { overGround } from "../over-ground.ts";
import { blur } from "./blur.ts";
import { canny } from "./canny.ts";
import { color } from "./color.ts";
import { lineart } from "./lineart.ts";
import { intensity, invert, luminance, threshold } from "./pointwise.ts";
import { scribble } from "./scribble.ts";
import { shuffle } from "./shuffle.ts";
import { tile } from "./tile.ts";
import { xdog } from "./xdog.ts";

/** An annotator. */
export interface Annotator {
  /** What it draws. */
  readonly draws: string;
  /** What other programs call it. */
  readonly names: readonly string[];
  /** Its options, with ranges and defaults. */
  readonly options: z.ZodObject;
  /** The control picture of an opaque picture. `options` are as their schema gives them. */
  readonly annotate: (image: Image, options: never) => Image;
}

function annotator<Shape extends z.ZodRawShape>(row: {
  readonly draws: string;
  readonly names: readonly string[];
  readonly options: Shape;
  readonly annotate: (image: Image, options: z.output<z.ZodObject<Shape>>) => Image;
}): Annotator {
  return { ...row, options: z.strictObject(row.options) };
}

// Options of one name have one range, so that the command line has one flag for them.
const byte = z.number().min(0).max(255);
const gamma = z.number().min(0.1).max(2).default(1).describe("Power of lightness: below 1 lightens, above 1 darkens");
const sigma = z.number().min(0.1).max(64);
const gradient = z.number().min(0).max(2040); // 8 · 255 is the largest

/** The annotators by name. */
export const annotators = {
  none: annotator({
    draws: "the picture as it is, which is a control picture already",
    names: [],
    options: {},
    annotate: (image) => image,
  }),
  canny: annotator({
    draws: "edges, white lines of one pixel",
    names: ["CannyEdgePreprocessor"],
    options: {
      low: gradient.default(100).describe("Gradient above which an edge goes on"),
      high: gradient.default(200).describe("Gradient above which an edge begins"),
      l2Gradient: z.boolean().default(false).describe("Take the gradient's length, not the sum of its parts"),
    },
    annotate: canny,
  }),
  scribble: annotator({
    draws: "an edge map (of hed; of canny with a threshold of about 20) as thick strokes",
    names: ["scribble_hed", "fake_scribble"],
    options: {
      threshold: byte.default(127).describe("Lightness of blurred lines above which they are drawn"),
      sigma: sigma.default(3).describe("Blur in pixels; strokes become four times as much wider"),
    },
    annotate: scribble,
  }),
  xdog: annotator({
    draws: "pen strokes where the picture is darker than around",
    names: ["scribble_xdog", "Scribble_XDoG_Preprocessor"],
    options: { threshold: byte.default(32).describe("Twice the difference that makes a stroke") },
    annotate: xdog,
  }),
  lineart: annotator({
    draws: "dark lines of the picture as light ones, with their strength",
    names: ["lineart_standard", "LineartStandardPreprocessor"],
    options: { sigma: sigma.default(6).describe("Blur in pixels of what counts as around") },
    annotate: lineart,
  }),
  invert: annotator({
    draws: "the negative: of a drawing on white, light lines on black",
    names: ["invert (from white bg & black line)", "ImageInvert"],
    options: {},
    annotate: invert,
  }),
  threshold: annotator({
    draws: "white where all three colours are light, black elsewhere",
    names: ["BinaryPreprocessor"],
    options: { level: byte.default(127).describe("Lightness above which a colour is light") },
    annotate: threshold,
  }),
  tile: annotator({
    draws: "the picture without its details",
    names: ["tile_resample", "TilePreprocessor"],
    options: { factor: z.number().min(1).max(64).default(8).describe("How much smaller details are made") },
    annotate: tile,
  }),
  blur: annotator({
    draws: "the picture blurred",
    names: ["blur_gaussian"],
    options: { sigma: sigma.default(9).describe("Blur in pixels") },
    annotate: blur,
  }),
  color: annotator({
    draws: "a grid of the picture's colours",
    names: ["t2ia_color_grid", "ColorPreprocessor"],
    options: { cell: z.int().min(2).max(1024).default(64).describe("Side of a square in pixels") },
    annotate: color,
  }),
  luminance: annotator({
    draws: "how light each place looks (L* of Lab), to colour anew",
    names: ["recolor_luminance", "ImageLuminanceDetector"],
    options: { gamma },
    annotate: luminance,
  }),
  intensity: annotator({
    draws: "the largest colour of each place (V of HSV), to colour anew",
    names: ["recolor_intensity", "ImageIntensityDetector"],
    options: { gamma },
    annotate: intensity,
  }),
  shuffle: annotator({
    draws: "the picture's content in disorder",
    names: ["ShufflePreprocessor"],
    options: {
      seed: z.int().min(0).max(0xffffffff).default(12345).describe("Seed of the disorder"),
      scale: z.int().min(8).max(4096).default(256).describe("Pixels from one random displacement to the next"),
    },
    annotate: shuffle,
  }),
} satisfies Record<string, Annotator>;

/** Name of an annotator. */
export type AnnotatorId = keyof typeof annotators;

/** The names, in the table's order. */
export const annotatorIds = Object.keys(annotators) as [AnnotatorId, ...AnnotatorId[]];

/**
 * The control picture that annotator `id` makes of `image`, which is laid on white where it is transparent. Throws RangeError
 * that names the option which is unknown or out of range.
 */
export function annotate(id: AnnotatorId, image: Image, options: Readonly<Record<string, unknown>> = {}): Image {
  const row: Annotator = annotators[id];
  const parsed = row.options.safeParse(options);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => [...path, message].join(": "));
    throw new RangeError(`Cannot annotate by ${id}: ${problems.join("; ")}`, { cause: parsed.error });
  }
  return row.annotate(overGround(image), parsed.data as never);
}
