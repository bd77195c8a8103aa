// The passes of a ComfyUI graph, from the node that saves the picture back to the first.

import { deepestChain, linked } from "./comfyui-graph.ts";
import type { Graph, GraphNode, Link } from "./comfyui-graph.ts";
import { isSampler, readPass } from "./comfyui-sampling.ts";
import type { Pass } from "./comfyui-sampling.ts";
import type { SettingsDraft } from "./found-settings.ts";

/** A node in words. */
export const label = ({ type, id }: GraphNode): string => `node ${id}, ${type}`;

/** A pass, and the nodes between it and the pass (or saved picture) that follows. */
export interface PlacedPass {
  readonly pass: Pass;
  readonly after: readonly GraphNode[];
}

const mostPasses = 16;

/** The passes that lead to the picture, the first one first. */
export function passesOf(graph: Graph, draft: SettingsDraft): PlacedPass[] {
  const outputs = [...graph.values()].flatMap((node) => {
    const rank = outputRank(node);
    const way = rank === undefined ? undefined : walk(graph, linked(graph, node, "images"));
    return way !== undefined && isSampler(way.end) ? [{ node, way, rank: rank! }] : [];
  });
  const saved = outputs.toSorted((a, b) => a.rank - b.rank);
  const rest = saved.filter(({ rank }) => rank === saved[0].rank);
  if (rest.length > 1)
    draft.notReproduced.push(`its graph saves ${rest.length} pictures: that of ${label(rest[0].node)} is taken`);
  // A graph whose saving node is not known still has a sampler that no other follows.
  let way: Way | undefined = saved[0]?.way ?? lastSampler(graph);
  const passes: PlacedPass[] = [];
  const seen = new Set<GraphNode>();
  while (way !== undefined && isSampler(way.end) && !seen.has(way.end) && passes.length < mostPasses) {
    seen.add(way.end);
    const pass = readPass(graph, way.end);
    passes.unshift({ pass, after: way.path });
    way = walk(graph, pass.latents);
  }
  return passes;
}

/** 0 for nodes that save pictures, 1 for those that show them. */
function outputRank({ type }: GraphNode): 0 | 1 | undefined {
  if (/save/i.test(type)) return 0;
  return /preview/i.test(type) ? 1 : undefined;
}

function lastSampler(graph: Graph): Way | undefined {
  const samplers = [...graph.values()].filter(isSampler);
  const followed = new Set(samplers.map((node) => walk(graph, linked(graph, node, "latent_image"))?.end));
  const end = samplers.find((node) => !followed.has(node));
  return end && { path: [], end };
}

/** Nodes gone through, the nearest first, and the one that is a sampler or goes no further. */
interface Way {
  readonly path: readonly GraphNode[];
  readonly end: GraphNode;
}

const pictureInputs = [
  "images",
  "image",
  "samples",
  "latent",
  "latents",
  "pixels",
  "latent_image",
  "samples1",
  "image1",
];

/** The way from a link back to what makes its pictures or latents; undefined without a link. */
export function walk(graph: Graph, from: Link | undefined): Way | undefined {
  const path: GraphNode[] = [];
  for (let link = from; link !== undefined;) {
    const { node } = link;
    const next: Link | undefined = isSampler(node)
      ? undefined
      : pictureInputs.map((name) => linked(graph, node, name)).find((one) => one !== undefined);
    if (next === undefined || path.length > deepestChain) return { path, end: node };
    path.push(node);
    link = next;
  }
  return undefined;
}
