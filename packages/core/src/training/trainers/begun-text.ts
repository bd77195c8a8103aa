// A text tower that a run goes on from: as it is, or with wider layers, whose new units say nothing at first, so that it begins with what it
// knows (function-preserving growth, Net2Net, arXiv 1511.05641).

import { pathExists, joinPath } from "#platform";
import { readComponentWeights } from "../../checkpoints/component-weights.ts";
import { readConfig } from "../../checkpoints/image-encoder.ts";
import { bind } from "../../graph/bind.ts";
import { clipTextGraph } from "../../models/clip-text.ts";
import type { ClipTextConfig } from "../../models/clip-text.ts";
import type { PublishedConfig } from "../../models/config.ts";
import { readTensors } from "../../safetensors/read-tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { TorchGenerator } from "../../util/rng/torch-generator.ts";
import { checkSameSizes } from "./same-sizes.ts";
import { readTextEncoder } from "./text-encoder.ts";

/** What the run is to learn. */
interface Wanted {
  readonly config: ClipTextConfig;
  readonly published: PublishedConfig;
  /** Numbers that each state says of the picture; 0 without drafts. */
  readonly draftFeatures: number;
  /** For units that are new. */
  readonly draws: TorchGenerator;
}

/**
 * The weights of the text tower in `path`, by name as they are saved; with its projections and temperature where it learnt beside the same image tower that
 * stays, and what reads drafts from it where that is as wide. Throws Error when it is not of the sizes of `config`, or has wider layers.
 */
export async function begunText(path: string, wanted: Wanted): Promise<Map<string, Tensor>> {
  const { config } = wanted;
  const { config: begun, tensors } = await readTextEncoder(path);
  checkSameSizes(`text encoder "${path}"`, begun, config, ["vocabulary", "positions", "width", "layers", "heads"]);
  if (begun.feedForward > config.feedForward)
    throw new Error(
      `Cannot go on from text encoder "${path}": its feedForward is ${begun.feedForward} (no more than ${config.feedForward}, as the recipe says, is wanted)`,
    );
  const tower = await readTensors(bind(clipTextGraph({ ...begun, projection: undefined }), tensors, path));
  return new Map([
    ...Array.from(tower, ([name, value]) => [name, widened(name, value, wanted)] as const),
    ...(await besideTower(path, wanted)),
  ]);
}

/** `value` with the units that the wider layers have more: W₁ and b₁ get rows, W₂ columns of zeros. */
function widened(name: string, value: Tensor, { config: { feedForward, width }, draws }: Wanted): Tensor {
  const part = /\.mlp\.(fc[12]\.(?:weight|bias))$/.exec(name)?.[1];
  const units = { "fc1.weight": value.dims[0], "fc1.bias": value.dims[0], "fc2.weight": value.dims[1] }[part ?? ""];
  if (units === undefined || units === feedForward) return value;
  const added = feedForward - units;
  if (part === "fc2.weight") {
    const rows = new Float32Array(width * feedForward);
    for (let row = 0; row < width; row++)
      rows.set(value.data.subarray(row * units, (row + 1) * units), row * feedForward);
    return tensor([width, feedForward], rows);
  }
  // As deviant as torch's Linear begins: 1/√(3D).
  const more =
    part === "fc1.weight" ? draws.randn(added * width).map((x) => x / Math.sqrt(3 * width)) : new Float32Array(added);
  const data = new Float32Array(value.data.length + more.length);
  data.set(value.data);
  data.set(more, value.data.length);
  return tensor(part === "fc1.weight" ? [feedForward, width] : [feedForward], data);
}

/** What stands beside the tower, where it means the same to this run. */
async function besideTower(path: string, { config, published, draftFeatures }: Wanted): Promise<[string, Tensor][]> {
  if (await pathExists(joinPath(path, "text_encoder", "config.json"))) return [];
  const begun = await readConfig(path);
  const isSame = (key: string) => JSON.stringify(begun[key]) === JSON.stringify(published[key]);
  if (published.image_tower === undefined || !isSame("image_tower") || !isSame("projection_dim")) return [];
  const { tensors } = await readComponentWeights(path);
  const beside = await readTensors([...tensors].filter(([name]) => !name.startsWith("text_model.")));
  const drafted = beside.get("draft.weight")?.dims;
  const isSameDraft = drafted?.[0] === draftFeatures && drafted[1] === config.width;
  return [...beside].filter(([name]) => isSameDraft || !name.startsWith("draft."));
}
