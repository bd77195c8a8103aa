// Errors between features of a frozen network: LPIPS with its published weights, or the image tower of a CLIP that was trained
// here, where those may not be used.

import { joinPath, readText } from "#platform";
import { readComponentWeights } from "../../checkpoints/component-weights.ts";
import { lpipsTensors } from "../../checkpoints/names/lpips.ts";
import { readWeights } from "../../checkpoints/weights-file.ts";
import { add, divide, maximum, multiply, sqrt, subtract } from "../../graph/ops/elementwise.ts";
import { mean, sum } from "../../graph/ops/reduce.ts";
import { reshape } from "../../graph/ops/shape.ts";
import { scalar } from "../../graph/ops/source.ts";
import type { Value } from "../../graph/value.ts";
import { clipVision, clipVisionConfig } from "../../models/clip-vision.ts";
import { lpips } from "../../models/lpips.ts";
import type { VggSlices } from "../../models/lpips.ts";
import type { StoredTensors } from "../../tensor/stored.ts";
import { parsePythonJsonObject } from "../../util/python-json.ts";
import type { AutoencoderRecipe } from "../recipe/autoencoder.ts";
import type { PerceptualDistance } from "./autoencoder-program.ts";

/** A frozen network and the distance it makes. */
export interface PerceptualNetwork {
  /** Under the names that `distance` uses. */
  readonly tensors: StoredTensors;
  readonly source: string;
  readonly distance: PerceptualDistance;
}

/** The network of a recipe for pictures of `size`. Throws Error when its files are not of the kind, or it sees another size. */
export function readPerceptual(
  { kind, path }: Pick<NonNullable<AutoencoderRecipe["perceptual"]>, "kind" | "path">,
  size: number,
): Promise<PerceptualNetwork> {
  return kinds[kind]([path].flat(), size);
}

const kinds: Readonly<
  Record<"lpips" | "clip", (paths: readonly string[], size: number) => Promise<PerceptualNetwork>>
> = {
  async lpips(paths) {
    const files = await Promise.all(paths.map(async (path) => (await readWeights(path)).tensors));
    const tensors = lpipsTensors(...files);
    const slices = slicesOf(tensors);
    const heads = slices.filter((_, i) => tensors.has(`lin${i}.model.1.weight`)).length;
    if (slices.length === 0 || heads < slices.length)
      throw new Error(
        `Cannot read LPIPS from "${paths.join('", "')}": ${slices.length} slices of VGG and ${heads} heads (torchvision's VGG16 and the heads of the lpips package are wanted)`,
      );
    return { tensors, source: paths.join(", "), distance: (p, a, b) => lpips(p, a, b, slices) };
  },
  async clip([path], size) {
    const configPath = joinPath(path, "config.json");
    const config = clipVisionConfig(parsePythonJsonObject(await readText(configPath), configPath));
    if (config.imageSize !== size)
      throw new RangeError(
        `Cannot compare pictures of ${size} pixels with "${path}": it sees ${config.imageSize} (one size is wanted)`,
      );
    const { tensors } = await readComponentWeights(path);
    return {
      tensors,
      source: path,
      distance(p, a, b) {
        const [ours, theirs] = [clipVision(p, a, config).hidden, clipVision(p, b, config).hidden];
        const distances = ours.slice(1).map((states, i) => stateDistance(states, theirs[i + 1]));
        const total = distances.reduce((sum, distance) => add(sum, distance));
        return reshape(divide(total, scalar(distances.length)), [a.dims[0], 1, 1, 1]);
      },
    };
  },
};

/** Channels of VGG's convolutions, slice by slice, as the file has them. */
function slicesOf(tensors: StoredTensors): VggSlices {
  const slices: { place: number; width: number }[][] = [];
  for (const [name, { dims }] of tensors) {
    const [, slice, place] = /^net\.slice(\d)\.(\d+)\.weight$/.exec(name) ?? [];
    if (slice !== undefined) (slices[Number(slice) - 1] ??= []).push({ place: Number(place), width: dims[0] });
  }
  return slices.map((convolutions) => convolutions.sort((a, b) => a.place - b.place).map(({ width }) => width));
}

/** Half the mean squared distance of unit vectors, 1 − cosine: of states [N,T,D], the mean over tokens [N]. */
function stateDistance(a: Value, b: Value): Value {
  const difference = subtract(unitStates(a), unitStates(b));
  return multiply(mean(sum(multiply(difference, difference), { axes: [2] }), { axes: [1] }), scalar(0.5));
}

const unitStates = (x: Value): Value =>
  divide(x, sqrt(maximum(sum(multiply(x, x), { axes: [2], keep: true }), scalar(1e-12))));
