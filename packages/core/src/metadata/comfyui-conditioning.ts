// What ComfyUI's samplers are given: the prompts, back through what changes them, and the model, back to its file.

import type { SettingsDraft } from "./found-settings.ts";
import { numberIn } from "./found-settings.ts";
import { deepestChain, linked, valueOf } from "./comfyui-graph.ts";
import type { Graph, GraphNode, Link } from "./comfyui-graph.ts";
import { isRecord } from "../util/is-record.ts";

/** A prompt, or the part of one that was understood. */
export interface FoundPrompt {
  readonly text: string;
  /** For SDXL's second encoder, where that is another. */
  readonly text2?: string;
  /** SDXL's sizes, each height and width (crop: top and left). */
  readonly sizes?: Readonly<Record<"originalSize" | "cropTopLeft" | "targetSize", readonly [number, number]>>;
  readonly aestheticScore?: number;
  /** Mixed with the prompt. */
  readonly to?: { readonly text: string; readonly share: number };
  /** Its states are zeros. */
  readonly isZero?: true;
}

const label = ({ type, id }: GraphNode): string => `node ${id}, ${type}`;

/** Where a prompt is looked for: `role` says which of a node's two it is. */
interface Place {
  readonly node: GraphNode;
  readonly input: string;
  readonly role: "positive" | "negative";
  /** It is one end of a mixture already. */
  readonly isMixed?: true;
}

/** The prompt that a sampler is linked to. Nodes on the way that are not understood are told in the draft. */
export function promptAt(graph: Graph, place: Place, draft: SettingsDraft): FoundPrompt | undefined {
  const { role } = place;
  let link = linked(graph, place.node, place.input);
  let isZero = false;
  for (let depth = 0; link !== undefined && depth < deepestChain; depth++) {
    const at: GraphNode = link.node;
    const clip = linked(graph, at, "clip");
    if (clip !== undefined) readClip(graph, clip, draft);
    const prompt = encodedPrompt(graph, { ...place, node: at }, draft);
    if (prompt !== undefined) return isZero ? { text: "", isZero } : prompt;
    if (at.type === "ConditioningZeroOut") isZero = true;
    else if (at.type !== "InpaintModelConditioning") draft.notReproduced.push(label(at));
    const inputs = [role, "conditioning", "conditioning_1", "conditioning_to"];
    link = inputs.map((name) => linked(graph, at, name)).find((next) => next !== undefined);
  }
  return isZero ? { text: "", isZero } : undefined;
}

const textInputs = ["text", "populated_text", "prompt"];

/** What `node` encodes; undefined when it encodes nothing itself. */
function encodedPrompt(graph: Graph, { node, role, isMixed }: Place, draft: SettingsDraft): FoundPrompt | undefined {
  const report = (text: string) => draft.notReproduced.push(text);
  const number = (name: string) => numberIn(valueOf(graph, node, name));
  const text = (name: string): string => {
    const value = valueOf(graph, node, name);
    if (typeof value !== "string") report(`${role} prompt of ${label(node)}`);
    return typeof value === "string" ? value : "";
  };
  if (node.type === "CLIPTextEncodeSDXL") {
    const [first, second] = [text("text_l"), text("text_g")];
    const sizes = {
      originalSize: [number("height"), number("width")],
      cropTopLeft: [number("crop_h"), number("crop_w")],
      targetSize: [number("target_height"), number("target_width")],
    } as const;
    return { text: first, ...(second !== first && { text2: second }), sizes };
  }
  if (node.type === "CLIPTextEncodeSDXLRefiner") return { text: text("text"), aestheticScore: number("ascore") };
  if (node.type === "ConditioningAverage" && !isMixed) {
    const [from, to] = ["conditioning_from", "conditioning_to"].map((input) =>
      promptAt(graph, { node, input, role, isMixed: true }, draft),
    );
    return { ...(from ?? { text: "" }), to: { text: to?.text ?? "", share: number("conditioning_to_strength") } };
  }
  const written = textInputs.find((name) => Object.hasOwn(node.inputs, name));
  if (written === undefined) return undefined;
  // Nodes that read A1111's syntax say so.
  if (valueOf(graph, node, "parser") === "A1111")
    Object.assign(draft.options, { promptSyntax: "a1111", emphasis: "original" });
  else if (node.type !== "CLIPTextEncode") report(`${label(node)}: its way of reading prompts`);
  return { text: text(written) };
}

/** Clip skip and LoRAs on the way to the text encoder. */
function readClip(graph: Graph, start: Link, draft: SettingsDraft): void {
  let link: Link | undefined = start;
  for (let depth = 0; link !== undefined && depth < deepestChain; depth++) {
    const at: GraphNode = link.node;
    if (at.type === "CLIPSetLastLayer") draft.options.clipSkip ??= -numberIn(valueOf(graph, at, "stop_at_clip_layer"));
    else readLoras(graph, at, draft);
    link = linked(graph, at, "clip");
  }
}

/** LoRAs as tags with both strengths. */
function readLoras(graph: Graph, node: GraphNode, { networks }: SettingsDraft): boolean {
  const add = (name: unknown, model: unknown, clip: unknown = model): void => {
    const [unet, text] = [numberIn(model), numberIn(clip)];
    const tag = `<lora:${baseName(String(name))}:${text}:${unet}>`;
    if (unet !== 0 || text !== 0) networks.push(unet === text ? `<lora:${baseName(String(name))}:${unet}>` : tag);
  };
  const value = (name: string) => valueOf(graph, node, name);
  if (node.type === "LoraLoader") add(value("lora_name"), value("strength_model"), value("strength_clip"));
  else if (node.type === "LoraLoaderModelOnly") add(value("lora_name"), value("strength_model"), 0);
  else if (node.type === "Power Lora Loader (rgthree)") {
    for (const entry of Object.values(node.inputs))
      if (isRecord(entry) && entry.on === true && "lora" in entry)
        add(entry.lora, entry.strength, entry.strengthTwo ?? entry.strength);
  } else return false;
  return true;
}

/** A file's name without folders and ending, as prompts name it. */
const baseName = (path: string): string => path.replace(/^.*[/\\]/, "").replace(/\.(safetensors|ckpt|pt|pth)$/i, "");

/** What nodes between a checkpoint and a sampler change, as options. */
const modelChanges: Readonly<Record<string, (number: (name: string) => number) => Record<string, unknown>>> = {
  RescaleCFG: (number) => ({ guidanceRescale: number("multiplier") }),
  FreeU: (number) => ({ freeu: ["b1", "b2", "s1", "s2"].map(number) }),
  SelfAttentionGuidance: (number) => ({ sagScale: number("scale") }),
  APG: (number) => ({
    guidanceMethod: "apg",
    apgEta: number("eta"),
    apgNorm: number("norm_threshold"),
    apgMomentum: number("momentum"),
  }),
  PerturbedAttentionGuidance: (number) => ({ pagScale: number("scale") }),
};

/** Reads the model that `node` is linked to into `draft`; returns the name of its checkpoint. */
export function readModel(graph: Graph, node: GraphNode, draft: SettingsDraft): string | undefined {
  let link = linked(graph, node, "model");
  for (let depth = 0; link !== undefined && depth < deepestChain; depth++) {
    const at: GraphNode = link.node;
    const name = ["ckpt_name", "unet_name"].map((input) => valueOf(graph, at, input)).find((one) => one !== undefined);
    if (typeof name === "string") return name;
    if (Object.hasOwn(modelChanges, at.type))
      Object.assign(
        draft.options,
        modelChanges[at.type]((input) => numberIn(valueOf(graph, at, input))),
      );
    else if (!readLoras(graph, at, draft)) draft.notReproduced.push(label(at));
    link = linked(graph, at, "model") ?? linked(graph, at, "model1");
  }
  return undefined;
}
