// A UNet that a run goes on from: with other texts, other pictures or another objective than it has learnt.

import { joinPath } from "#platform";
import { readComponentWeights } from "../../checkpoints/component-weights.ts";
import { readConfig } from "../../checkpoints/image-encoder.ts";
import { bind } from "../../graph/bind.ts";
import { readTensors } from "../../safetensors/read-tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { DenoisingNetwork } from "./denoising-network.ts";
import { checkSameSizes } from "./same-sizes.ts";

/** The weights of the model in `path`, by parameter name. Throws Error when its UNet is not of the sizes of `network`. */
export async function begunUnet(
  path: string,
  { component, published, sizesOf, graph }: DenoisingNetwork,
): Promise<Map<string, Tensor>> {
  const folder = joinPath(path, component);
  checkSameSizes(`UNet "${folder}"`, sizesOf(await readConfig(folder)), sizesOf(published));
  const { tensors } = await readComponentWeights(folder);
  const own = bind(graph(), tensors, folder);
  return readTensors(Array.from(own, ([name, stored]) => [`${component}.${name}`, stored]));
}
