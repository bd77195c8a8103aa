// What a ComfyUI graph does after its first pass: the rest of its steps, a refiner's part, or the second pass of a hires fix.

import { promptAt, readModel } from "./comfyui-conditioning.ts";
import { linked, valueOf } from "./comfyui-graph.ts";
import type { Graph, GraphNode } from "./comfyui-graph.ts";
import { label, walk } from "./comfyui-passes.ts";
import type { PlacedPass } from "./comfyui-passes.ts";
import type { Pass } from "./comfyui-sampling.ts";
import { emptyDraft, numberIn } from "./found-settings.ts";
import type { SettingsDraft } from "./found-settings.ts";

/** Reads the pass `next` into the draft, which holds those before it; `name` is the first one's model. */
export function readLaterPass(
  graph: Graph,
  { before, next, name }: { readonly before: Pass; readonly next: PlacedPass; readonly name: string | undefined },
  draft: SettingsDraft,
): void {
  const { pass } = next;
  const { options, notReproduced } = draft;
  const between = walk(graph, pass.latents)?.path ?? [];
  const own = emptyDraft();
  const model = readModel(graph, pass.guider, own);
  const continues = between.length === 0 && !pass.addsNoise && pass.start > 0 && pass.start === before.end;
  const isSame = JSON.stringify([pass.options, model]) === JSON.stringify([before.options, name]);
  if (continues && isSame) return;
  if (continues && draft.refiner === undefined && model !== name) {
    draft.refiner = { name: model };
    options.refinerAt = pass.start / numberIn(pass.options.steps);
    const scores = (["positive", "negative"] as const).map(
      (role) => promptAt(graph, { node: pass.guider, input: pass[role], role }, emptyDraft())?.aestheticScore,
    );
    if (scores[0] !== undefined) options.aestheticScore = scores[0];
    if (scores[1] !== undefined) options.negativeAestheticScore = scores[1];
    return;
  }
  const resize = between.filter(({ type }) => !/^VAE(En|De)code(Tiled)?$/.test(type));
  const enlarging = enlargingBy(graph, resize, numberIn(options.width), numberIn(options.height));
  if (
    options.hiresScale !== undefined ||
    draft.refiner !== undefined ||
    draft.init !== undefined ||
    !(enlarging.scale > 1)
  ) {
    notReproduced.push(`a further pass: ${[pass.node, ...between].map(label).join("; ")}`);
    return;
  }
  const hires = emptyDraft();
  const prompts = (["positive", "negative"] as const).map(
    (role) => promptAt(graph, { node: pass.guider, input: pass[role], role }, hires)?.text,
  );
  const different = (value: unknown, first: unknown) => (value === first ? undefined : value);
  const strength = pass.start > 0 ? 1 - pass.start / numberIn(pass.options.steps) : pass.denoise;
  Object.assign(options, {
    hiresScale: enlarging.scale,
    hiresUpscaler: enlarging.upscaler,
    hiresStrength: strength,
    hiresSteps: different(pass.options.steps, options.steps),
    hiresSampler: different(pass.options.sampler, options.sampler),
    hiresSchedule: different(pass.options.schedule, options.schedule),
    hiresGuidanceScale: different(pass.options.guidanceScale, options.guidanceScale),
    hiresPrompt: different(prompts[0], options.prompt),
    hiresNegativePrompt: different(prompts[1], options.negativePrompt ?? ""),
  });
  notReproduced.push(...pass.notReproduced, ...enlarging.notReproduced);
  if (model !== name) notReproduced.push(`the model of its second pass: ${model}`);
  if (JSON.stringify(pass.seed) !== JSON.stringify(before.seed) && pass.addsNoise)
    notReproduced.push(`the seed of its second pass: ${String(pass.seed)}`);
  draft.networks.push(...own.networks);
}

const latentUpscalers: Readonly<Record<string, string>> = {
  "nearest-exact": "latent-nearest-exact",
  bilinear: "latent-bilinear",
  bicubic: "latent-bicubic",
};
const imageUpscalers: Readonly<Record<string, string>> = {
  "nearest-exact": "nearest",
  bicubic: "bicubic",
  lanczos: "lanczos",
};

/** A way to enlarge between two passes. */
interface Enlarging {
  readonly scale: number;
  readonly upscaler: string | undefined;
  readonly notReproduced: readonly string[];
}

/** How much `nodes` enlarge, and by which way; a scale of 1 when they are not a single known one. */
function enlargingBy(graph: Graph, nodes: readonly GraphNode[], width: number, height: number): Enlarging {
  const number = (node: GraphNode, name: string) => numberIn(valueOf(graph, node, name));
  const resizer = nodes.find(({ type }) => /^(Latent|Image)(Upscale|Scale)(By)?$/.test(type));
  const notReproduced: string[] = [];
  let factor = 1;
  for (const node of nodes) {
    if (node === resizer) continue;
    const network = linked(graph, node, "upscale_model")?.node;
    const file = network && valueOf(graph, network, "model_name");
    if (network === undefined) notReproduced.push(label(node));
    else {
      // Only the network's file says its factor; its name usually does too.
      const [, before, behind] = /(\d)x|x(\d)/i.exec(String(file)) ?? [];
      factor *= Number(before ?? behind ?? 4);
      notReproduced.push(`its upscaler: ${String(file)} (lanczos is taken in its place)`);
    }
  }
  if (resizer === undefined) return { scale: factor, upscaler: "lanczos", notReproduced };
  const method = String(valueOf(graph, resizer, "upscale_method"));
  const ways = resizer.type.startsWith("Latent") ? latentUpscalers : imageUpscalers;
  const upscaler = Object.hasOwn(ways, method) ? ways[method] : undefined;
  if (upscaler === undefined) notReproduced.push(`upscale_method: ${method}`);
  if (resizer.type.endsWith("By")) return { scale: factor * number(resizer, "scale_by"), upscaler, notReproduced };
  const sides = [number(resizer, "width"), number(resizer, "height")] as const;
  const scales = [sides[0] / width, sides[1] / height].filter((scale) => scale > 0);
  if (scales.length === 2 && scales[0] !== scales[1]) notReproduced.push(`its second size: ${sides.join("×")}`);
  return { scale: Math.max(1, ...scales), upscaler, notReproduced };
}
