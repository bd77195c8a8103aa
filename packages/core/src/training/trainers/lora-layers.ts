// Which layers of a model a LoRA changes, and at which rank.

import type { AdapterComponent } from "../../adapters/adapter.ts";
import type { Graph } from "../../graph/graph.ts";
import { adaptableWeights } from "../../graph/passes/low-rank.ts";
import { clipTextGraph } from "../../models/clip-text.ts";
import { unetGraph } from "../../models/unet.ts";
import { closestName } from "../../safetensors/closest-name.ts";
import type { LoraRecipe } from "../recipe/lora.ts";
import type { BaseModel } from "./base-model.ts";

/** A layer to change. */
export interface ChosenLayer {
  readonly component: AdapterComponent;
  /** Its published path within its network: "mid_block.attentions.0.proj_in". */
  readonly path: string;
  /** Of its weight in the checkpoint, [out,in] or [out,in,kh,kw]. */
  readonly dims: readonly number[];
  readonly rank: number;
  readonly alpha: number;
  /** Factor on the learning rate. */
  readonly learningRate?: number;
}

/**
 * The layers that the patterns of `recipe` fit, by the names of their weights ("unet.….weight"). Throws Error when a pattern fits
 * none.
 */
export function chosenLayers(
  { layers, ...usual }: Pick<LoraRecipe, "layers" | "rank" | "alpha">,
  base: BaseModel,
): ReadonlyMap<string, ChosenLayer> {
  const rows = layers.map((row) => ({ ...row, matches: globPattern(row.pattern), isUsed: false }));
  const chosen = new Map<string, ChosenLayer>();
  const paths: string[] = [];
  for (const { component, prefix, graph } of networksOf(base)) {
    for (const { name } of adaptableWeights(graph)) {
      const path = name.slice(0, -".weight".length);
      paths.push(`${prefix}.${path}`);
      const fitting = rows.filter(({ matches }) => matches.test(`${prefix}.${path}`));
      for (const row of fitting) row.isUsed = true;
      if (fitting.length === 0) continue;
      const [{ rank = usual.rank, alpha = usual.alpha ?? rank, learningRate }] = fitting;
      if (rank === 0) continue;
      const full = `${prefix}.${name}`;
      const stored = base.tensors.get(full)!;
      const dims = stored.transposed ? stored.dims.toReversed() : stored.dims;
      chosen.set(full, { component, path, dims, rank, alpha, learningRate });
    }
  }
  const idle = rows.find(({ isUsed }) => !isUsed);
  if (idle !== undefined) {
    const closest = closestName(idle.pattern, paths);
    throw new Error(
      `Cannot train a LoRA for "${base.path}": no layer fits "${idle.pattern}"${closest === undefined ? "" : ` (closest: "${closest}")`}`,
    );
  }
  return chosen;
}

function networksOf(base: BaseModel): { component: AdapterComponent; prefix: string; graph: Graph }[] {
  const pooledWidth = base.encoders.at(-1)!.config.projection;
  return [
    { component: "unet", prefix: "unet", graph: unetGraph(base.unet, { pooledWidth }) },
    ...base.encoders.map(({ part, prefix, config }) => ({ component: part, prefix, graph: clipTextGraph(config) })),
  ];
}

/** `*` stands for any characters, `?` for one. */
function globPattern(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[\\^$.+()[\]{}|]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}
