// ComfyUI's graphs as options: from the node that saves the picture back to the samplers that made it, and from each of
// them to its model, its prompts and what it started from. What is not understood is named.

import { samplerTable } from "../diffusion/samplers/index.ts";
import type { SamplerId } from "../diffusion/samplers/index.ts";
import { promptAt, readModel } from "./comfyui-conditioning.ts";
import type { FoundPrompt } from "./comfyui-conditioning.ts";
import { parseGraph, valueOf } from "./comfyui-graph.ts";
import type { Graph, GraphNode } from "./comfyui-graph.ts";
import { readLaterPass } from "./comfyui-later-pass.ts";
import { label, passesOf, walk } from "./comfyui-passes.ts";
import type { Pass } from "./comfyui-sampling.ts";
import { emptyDraft, numberIn, settingsOf } from "./found-settings.ts";
import type { FoundSettings, SettingsDraft } from "./found-settings.ts";

/** The settings in a graph, ComfyUI's "prompt" or "workflow"; undefined when it is none, or has no sampler. */
export function readComfyui(text: string): FoundSettings | undefined {
  const graph = parseGraph(text);
  if (graph === undefined) return undefined;
  const draft = emptyDraft();
  const [first, ...later] = passesOf(graph, draft);
  if (first === undefined) return undefined;
  const { pass } = first;
  Object.assign(draft.options, { compat: "comfyui" }, pass.options);
  draft.notReproduced.push(...pass.notReproduced);
  readSeed(pass, draft);
  readPrompts(graph, pass, draft);
  const name = readModel(graph, pass.guider, draft);
  if (name !== undefined) draft.model = { name };
  readStart(graph, pass, draft);
  let [before, last] = [pass, first];
  for (const next of later) {
    readLaterPass(graph, { before, next, name }, draft);
    [before, last] = [next.pass, next];
  }
  if (before.end < numberIn(before.options.steps))
    draft.notReproduced.push(`${label(before.node)}: its end at step ${before.end}`);
  for (const node of last.after) if (!/^VAEDecode(Tiled)?$/.test(node.type)) draft.notReproduced.push(label(node));
  return settingsOf("ComfyUI", draft);
}

/** Seeds beyond 2⁵³ draw the same first noise as their low 32 bits, which are all that torch's CPU generator takes. */
function readSeed({ seed, addsNoise, options }: Pass, draft: SettingsDraft): void {
  if (typeof seed === "string" && /^\d{16,20}$/.test(seed) && !Number.isSafeInteger(Number(seed))) {
    draft.options.seed = Number(BigInt.asUintN(32, BigInt(seed)));
    const row = samplerTable[options.sampler as SamplerId];
    if (row?.kind === "sde") draft.notReproduced.push(`seed: ${seed}, in the noise that its sampler adds`);
  } else {
    draft.options.seed = numberIn(seed);
  }
  if (!addsNoise) draft.notReproduced.push("its start without noise");
}

function readPrompts(graph: Graph, pass: Pass, draft: SettingsDraft): void {
  const find = (role: "positive" | "negative") =>
    promptAt(graph, { node: pass.guider, input: pass[role], role }, draft);
  const [positive, negative] = [find("positive"), find("negative")];
  if (positive === undefined) draft.notReproduced.push("its prompt, which is not in the graph");
  const { options } = draft;
  options.prompt = positive?.text ?? "";
  if (positive?.text2 !== undefined) options.prompt2 = positive.text2;
  Object.assign(options, positive?.sizes);
  if (positive?.aestheticScore !== undefined) options.aestheticScore = positive.aestheticScore;
  if (positive?.to !== undefined)
    Object.assign(options, { promptTo: positive.to.text, promptBlend: positive.to.share });
  if (negative?.isZero) options.emptyNegative = "zeros";
  else if (negative !== undefined) readNegative(negative, draft);
}

function readNegative({ text, text2, sizes, aestheticScore, to }: FoundPrompt, draft: SettingsDraft): void {
  const { options } = draft;
  if (text !== "") options.negativePrompt = text;
  if (text2 !== undefined) Object.assign(options, { negativePrompt: text, negativePrompt2: text2 });
  if (aestheticScore !== undefined) options.negativeAestheticScore = aestheticScore;
  if (to !== undefined) draft.notReproduced.push(`the mixture in its negative prompt: ${to.text}`);
  for (const [name, size] of Object.entries(sizes ?? {}))
    options[`negative${name[0].toUpperCase()}${name.slice(1)}`] = size;
}

/** What the first pass starts from: empty latents of a size, or a picture. */
function readStart(graph: Graph, pass: Pass, draft: SettingsDraft): void {
  const way = walk(graph, pass.latents);
  if (way === undefined) return;
  const { path, end } = way;
  const { options, notReproduced } = draft;
  const number = (node: GraphNode, name: string) => numberIn(valueOf(graph, node, name));
  const repeats = path.find(({ type }) => type === "RepeatLatentBatch");
  const [width, height] = sizeOf(graph, end);
  if (Number.isFinite(width) && Number.isFinite(height)) {
    Object.assign(options, { width, height });
    const count = (number(end, "batch_size") || 1) * (repeats ? number(repeats, "amount") : 1);
    if (count > 1) {
      options.count = count;
      notReproduced.push(`which picture of its batch of ${count} it is: all are made`);
    }
    for (const node of path) if (node !== repeats) notReproduced.push(label(node));
    return;
  }
  const file = valueOf(graph, end, "image");
  draft.init = typeof file === "string" ? `the picture "${file}"` : `a picture of ${label(end)}`;
  // Steps before the start are left out, which is diffusers' rule.
  if (pass.start > 0) {
    const steps = numberIn(options.steps);
    Object.assign(options, { strength: (steps - pass.start) / steps, strengthSteps: "diffusers" });
  } else options.strength = pass.denoise;
  for (const node of path) {
    if (/^(VAEEncodeForInpaint|SetLatentNoiseMask|InpaintModelConditioning)$/.test(node.type)) {
      draft.mask = "a mask";
      const grow = number(node, "grow_mask_by");
      if (grow > 0) options.maskGrow = grow;
    } else if (node.type === "ImageScale" && number(node, "width") > 0 && number(node, "height") > 0) {
      Object.assign(options, { width: number(node, "width"), height: number(node, "height") });
      options.fit = valueOf(graph, node, "crop") === "center" ? "crop" : "stretch";
    } else if (!/^VAEEncode(Tiled)?$/.test(node.type)) notReproduced.push(label(node));
  }
}

/** Width and height of empty latents. */
function sizeOf(graph: Graph, node: GraphNode): readonly [number, number] {
  const preset = /^(\d+) ?x ?(\d+)/.exec(String(valueOf(graph, node, "dimensions")));
  if (preset) return [Number(preset[1]), Number(preset[2])];
  if (Object.hasOwn(node.inputs, "image")) return [NaN, NaN];
  return [numberIn(valueOf(graph, node, "width")), numberIn(valueOf(graph, node, "height"))];
}
