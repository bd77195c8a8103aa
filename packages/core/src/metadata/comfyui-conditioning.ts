// What ComfyUI's samplers are given: the prompts, back through what changes them, and the model, back to its file.

import type { SettingsDraft } from "./found-settings.ts";
import { numberIn } from "./found-settings.ts";
import { deepestChain, linked, valueOf } from "./comfyui-graph.ts";
import type { Graph, GraphNode, Link } from "./comfyui-graph.ts";
import { isRecord } from "./json.ts";

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

type Report = (text: string) => void;

const label = ({ type, id }: GraphNode): string => `node ${id}, ${type}`;

/** The prompt that a sampler's `input` is linked to; `role` says which of a node's two it is. */
export function promptAt(
  graph: Graph,
  { node, input, role }: { readonly node: GraphNode; readonly input: string; readonly role: "positive" | "negative" },
  draft: SettingsDraft,
): FoundPrompt | undefined {
  const report: Report = (text) => draft.notReproduced.push(text);
  let link = linked(graph, node, input);
  let isZero = false;
  for (let depth = 0; link !== undefined && depth < deepestChain; depth++) {
    const at: GraphNode = link.node;
    const number = (name: string) => numberIn(valueOf(graph, at, name));
    const text = (name: string): string => {
      const value = valueOf(graph, at, name);
      if (typeof value !== "string") report(`${role} prompt of ${label(at)}`);
      return typeof value === "string" ? value : "";
    };
    const clip = linked(graph, at, "clip");
    if (clip !== undefined) readClip(graph, clip, draft);
    if (at.type === "CLIPTextEncodeSDXL") {
      const [first, second] = [text("text_l"), text("text_g")];
      const sizes = {
        originalSize: [number("height"), number("width")],
        cropTopLeft: [number("crop_h"), number("crop_w")],
        targetSize: [number("target_height"), number("target_width")],
      } as const;
      return { text: first, ...(second !== first && { text2: second }), sizes };
    }
    if (at.type === "CLIPTextEncodeSDXLRefiner") return { text: text("text"), aestheticScore: number("ascore") };
    if (at.type === "ConditioningAverage") {
      const ends = ["conditioning_from", "conditioning_to"].map((name) =>
        promptAt(graph, { node: at, input: name, role }, draft),
      );
      const share = number("conditioning_to_strength");
      return { ...(ends[0] ?? { text: "" }), to: { text: ends[1]?.text ?? "", share } };
    }
    const written = textInputs.find((name) => Object.hasOwn(at.inputs, name));
    if (written !== undefined) {
      // Nodes that read A1111's syntax say so.
      if (valueOf(graph, at, "parser") === "A1111")
        Object.assign(draft.options, { promptSyntax: "a1111", emphasis: "original" });
      else if (at.type !== "CLIPTextEncode") report(`${label(at)}: its way of reading prompts`);
      return { text: text(written), ...(isZero && { isZero: true }) };
    }
    if (at.type === "ConditioningZeroOut") isZero = true;
    else if (!transparent.has(at.type)) report(label(at));
    const inputs = [role, "conditioning", "conditioning_1", "conditioning_to"];
    link = inputs.map((name) => linked(graph, at, name)).find((next) => next !== undefined);
  }
  return isZero ? { text: "", isZero } : undefined;
}

const textInputs = ["text", "populated_text", "prompt"];
const transparent = new Set(["InpaintModelConditioning"]);

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
