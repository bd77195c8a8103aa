// Annotators that are networks: control pictures by the files that ControlNet's own programs take. The others, which need no
// file: image/annotators.

import type { AnnotatorConfig } from "../checkpoints/names/annotators.ts";
import { annotatorOf } from "../checkpoints/names/annotators.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import type { Graph } from "../graph/graph.ts";
import { cropImage } from "../image/compose.ts";
import type { Image } from "../image/image.ts";
import { imageFromMask } from "../image/mask.ts";
import { overGround } from "../image/over-ground.ts";
import { hedGraph } from "../models/hed.ts";
import { lineDrawingGraph } from "../models/line-drawing.ts";
import type { Engine } from "../runtime/engine.ts";
import { resized } from "../tensor/resize.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";

/** How one architecture sees pictures and draws what it finds. */
export interface NetworkAnnotator<Config> {
  /** What it draws. */
  readonly draws: string;
  /** What other programs call it. */
  readonly names: readonly string[];
  readonly graph: (config: Config) => Graph;
  /** What bytes are divided by. */
  readonly scale: number;
  /** What sides are lengthened to multiples of, by repeating the edge. */
  readonly multiple: number;
  /** The smallest side it can look at. */
  readonly smallest: (config: Config) => number;
  /** Lightness from 0 to 1 of each of height × width pixels. */
  readonly lightness: (
    outputs: Readonly<Record<string, Tensor>>,
    size: { readonly height: number; readonly width: number },
  ) => Float32Array;
}

/** The architectures by kind. */
const networkAnnotators: {
  readonly [Kind in AnnotatorConfig["kind"]]: NetworkAnnotator<AnnotatorConfig & { kind: Kind }>;
} = {
  hed: {
    draws: "soft edges, light on black",
    names: ["softedge_hed", "HEDPreprocessor"],
    graph: hedGraph,
    scale: 1,
    multiple: 1,
    smallest: ({ stages }) => 2 ** (stages.length - 1),
    // σ of the mean of all stages' maps, each brought to the picture's size.
    lightness(outputs, { height, width }) {
      const maps = Object.values(outputs).map((map) => resized(map, { height, width, mode: "bilinear" }).data);
      return maps[0].map((_, i) => 1 / (1 + Math.exp(-maps.reduce((sum, map) => sum + map[i], 0) / maps.length)));
    },
  },
  "line-drawing": {
    draws: "a drawing of the picture, light lines on black",
    names: ["lineart_realistic", "lineart_coarse", "LineArtPreprocessor"],
    graph: lineDrawingGraph,
    scale: 255,
    multiple: 4,
    smallest: () => 16,
    lightness: ({ drawing }) => drawing.data.map((value) => 1 - value),
  },
};

/** An annotator that is loaded. */
export interface LoadedAnnotator {
  readonly kind: AnnotatorConfig["kind"];
  /** The control picture of `image`, which is laid on white where it is transparent. Throws RangeError when that is too small. */
  annotate(image: Image, options?: { readonly signal?: AbortSignal }): Promise<Image>;
  unload(): Promise<void>;
}

/** Loads the annotator in a file (.pth or .safetensors). Throws Error when there is none in it. */
export async function loadAnnotator(engine: Engine, path: string): Promise<LoadedAnnotator> {
  const { tensors } = await readWeights(path);
  const config = annotatorOf(tensors, path);
  const row: NetworkAnnotator<never> = networkAnnotators[config.kind];
  const { graph, scale, multiple, smallest, lightness } = row as NetworkAnnotator<AnnotatorConfig>;
  const network = await engine.load(graph(config), tensors, { source: path });
  return {
    kind: config.kind,
    async annotate(image, { signal } = {}) {
      const { width, height } = image;
      const least = smallest(config);
      if (Math.min(width, height) < least)
        throw new RangeError(
          `Cannot annotate a picture of ${width}×${height} by ${config.kind}: sides of ${least} and more are wanted`,
        );
      const [wide, high] = [width, height].map((side) => Math.ceil(side / multiple) * multiple);
      const seen = cropImage(overGround(image), { left: 0, top: 0, width: wide, height: high });
      const outputs = await network.run({ image: pixels(seen, scale) }, { signal });
      const light = lightness(outputs, { height: high, width: wide });
      // Cut off, not rounded, as there.
      const data = Uint8Array.from({ length: width * height }, (_, i) => {
        const value = 255 * light[Math.floor(i / width) * wide + (i % width)];
        return Math.min(Math.max(value, 0), 255);
      });
      return imageFromMask({ width, height, data });
    },
    unload: () => network.unload(),
  };
}

/** A picture → [1,3,H,W], bytes divided by `scale`. */
function pixels({ width, height, data }: Image, scale: number): Tensor {
  const plane = width * height;
  const values = Float32Array.from(
    { length: 3 * plane },
    (_, i) => data[(i % plane) * 3 + Math.floor(i / plane)] / scale,
  );
  return tensor([1, 3, height, width], values);
}
