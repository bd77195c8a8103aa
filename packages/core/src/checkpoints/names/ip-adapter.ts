// IP-Adapters as people have them: what is in the file, read from its names and shapes.

import type { ImageProjection, IpAdapterConfig } from "../../models/ip-adapter.ts";
import type { StoredTensors } from "../../tensor/stored.ts";
import { childCount } from "./children.ts";

/** The sizes of the IP-Adapter that `tensors` are. Throws Error that says what is missing, or what else it is. */
export function ipAdapterConfig(tensors: StoredTensors, source: string): IpAdapterConfig {
  const cannotLoad = (problem: string) => new Error(`Cannot load "${source}": ${problem} (an IP-Adapter is wanted)`);
  const has = (name: string) => tensors.has(name);
  const dims = (name: string, rank = 2): readonly number[] => {
    const found = tensors.get(name);
    if (found === undefined) throw cannotLoad(`it has no "${name}"`);
    const size = found.transposed ? found.dims.toReversed() : found.dims;
    if (size.length !== rank) throw cannotLoad(`"${name}" is [${size}]`);
    return size;
  };
  const whole = (count: number, what: string): number => {
    if (Number.isInteger(count) && count > 0) return count;
    throw cannotLoad(`its ${what} are ${count}`);
  };
  const layers: number[] = [];
  for (let id = 1; has(`ip_adapter.${id}.to_k_ip.weight`); id += 2)
    layers.push(dims(`ip_adapter.${id}.to_k_ip.weight`)[0]);
  if (layers.length === 0) throw cannotLoad('it has no "ip_adapter.1.to_k_ip.weight"');
  const [, contextWidth] = dims("ip_adapter.1.to_k_ip.weight");
  const sizes = { contextWidth, layers };

  if (
    has("image_proj.perceiver_resampler.proj_in.weight") ||
    (has("image_proj.norm.weight") && has("image_proj.proj.0.weight"))
  )
    throw cannotLoad("it is a FaceID adapter, which takes InsightFace's embeddings of faces and not pictures");
  if (has("image_proj.proj.weight")) {
    const [out, imageWidth] = dims("image_proj.proj.weight");
    return { ...sizes, imageWidth, projection: { kind: "linear", tokens: whole(out / contextWidth, "tokens") } };
  }
  if (has("image_proj.proj.3.weight")) {
    const [hidden, imageWidth] = dims("image_proj.proj.0.weight");
    return { ...sizes, imageWidth, projection: { kind: "mlp", hidden } };
  }
  const [, queries, width] = dims("image_proj.latents", 3);
  const projection: ImageProjection = {
    kind: "resampler",
    width,
    queries,
    // Heads of 64.
    heads: whole(dims("image_proj.layers.0.0.to_q.weight")[0] / 64, "heads of 64"),
    layers: childCount(tensors.keys(), "image_proj.layers"),
    feedForward: dims("image_proj.layers.0.1.1.weight")[0],
  };
  return { ...sizes, imageWidth: dims("image_proj.proj_in.weight")[1], projection };
}
