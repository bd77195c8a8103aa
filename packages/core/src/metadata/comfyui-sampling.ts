// One pass of a ComfyUI graph: a sampler node with what its inputs say, whichever of its four kinds it is.

import { sigmasExponential } from "../diffusion/schedules/exponential.ts";
import { sigmasKarras } from "../diffusion/schedules/karras.ts";
import { sigmasPolyexponential } from "../diffusion/schedules/polyexponential.ts";
import { linked, valueOf } from "./comfyui-graph.ts";
import type { Graph, GraphNode, Link } from "./comfyui-graph.ts";
import { numberIn } from "./found-settings.ts";
import { comfyuiSampler, comfyuiSchedule } from "./names.ts";

/** One pass. */
export interface Pass {
  readonly node: GraphNode;
  /** The nodes that hold its links to prompts and model: itself, or its guider. */
  readonly guider: GraphNode;
  readonly positive: string;
  readonly negative: string;
  readonly latents: Link | undefined;
  readonly seed: unknown;
  readonly addsNoise: boolean;
  /** How much of a picture to make anew. */
  readonly denoise: number;
  /** Steps from and to, of KSamplerAdvanced. */
  readonly start: number;
  readonly end: number;
  /** sampler, steps, schedule or sigmas, guidanceScale, eta … */
  readonly options: Record<string, unknown>;
  readonly notReproduced: readonly string[];
}

/** The types of node that make latents out of noise. */
export const isSampler = ({ type }: GraphNode): boolean => Object.hasOwn(passReaders, type);

/** Reads the sampler node `node`. */
export const readPass = (graph: Graph, node: GraphNode): Pass => passReaders[node.type](graph, node);

type PassReader = (graph: Graph, node: GraphNode) => Pass;

const passReaders: Readonly<Record<string, PassReader>> = {
  KSampler: (graph, node) => simplePass(graph, node, "seed"),
  KSamplerAdvanced: (graph, node) => simplePass(graph, node, "noise_seed"),
  SamplerCustom: (graph, node) =>
    customPass(graph, node, {
      guider: node,
      seed: valueOf(graph, node, "noise_seed"),
      noise: valueOf(graph, node, "add_noise"),
    }),
  SamplerCustomAdvanced(graph, node) {
    const noise = linked(graph, node, "noise")?.node;
    const guider = linked(graph, node, "guider")?.node ?? node;
    const seed = noise && valueOf(graph, noise, "noise_seed");
    return customPass(graph, node, { guider, seed, noise: noise?.type !== "DisableNoise" });
  },
};

const isOn = (value: unknown): boolean => value !== false && value !== "disable";

/** KSampler and KSamplerAdvanced: everything is in the node. */
function simplePass(graph: Graph, node: GraphNode, seedInput: string): Pass {
  const number = (name: string, otherwise: number) => {
    const value = valueOf(graph, node, name);
    return value === undefined ? otherwise : numberIn(value);
  };
  const notReproduced: string[] = [];
  const schedule = String(valueOf(graph, node, "scheduler"));
  return {
    node,
    guider: node,
    positive: "positive",
    negative: "negative",
    latents: linked(graph, node, "latent_image"),
    seed: valueOf(graph, node, seedInput),
    addsNoise: isOn(valueOf(graph, node, "add_noise")),
    denoise: number("denoise", 1),
    start: number("start_at_step", 0),
    end: number("end_at_step", Infinity),
    options: {
      steps: numberIn(valueOf(graph, node, "steps")),
      guidanceScale: numberIn(valueOf(graph, node, "cfg")),
      ...namedSampler(String(valueOf(graph, node, "sampler_name")), notReproduced),
      ...namedSchedule(schedule, notReproduced),
    },
    notReproduced,
  };
}

/** SamplerCustom and SamplerCustomAdvanced: sampler, noise levels and guidance are nodes of their own. */
function customPass(
  graph: Graph,
  node: GraphNode,
  { guider, seed, noise }: { readonly guider: GraphNode; readonly seed: unknown; readonly noise: unknown },
): Pass {
  const notReproduced: string[] = [];
  const scale = valueOf(graph, guider, "cfg");
  const isPlain = guider.type === "BasicGuider";
  const negativeScale = valueOf(graph, guider, "neg_scale");
  if (!["SamplerCustom", "CFGGuider", "BasicGuider", "PerpNegGuider"].includes(guider.type))
    notReproduced.push(`node ${guider.id}, ${guider.type}`);
  const levels = readLevels(graph, linked(graph, node, "sigmas")?.node, notReproduced);
  return {
    node,
    guider,
    positive: isPlain ? "conditioning" : "positive",
    negative: "negative",
    latents: linked(graph, node, "latent_image"),
    seed,
    addsNoise: isOn(noise),
    denoise: levels.denoise,
    start: 0,
    end: Infinity,
    options: {
      guidanceScale: isPlain ? 1 : numberIn(scale),
      ...(guider.type === "PerpNegGuider" && { guidanceMethod: "perp_neg", negativeScale: numberIn(negativeScale) }),
      ...readSampler(graph, linked(graph, node, "sampler")?.node, notReproduced),
      ...levels.options,
    },
    notReproduced,
  };
}

/** Samplers that draw along Brownian paths do so on the CPU, unless their names say otherwise. */
const brownian = new Set(["dpmpp_sde", "dpmpp_2m_sde", "dpmpp_2m_sde_heun", "dpmpp_3m_sde"]);

function namedSampler(name: string, notReproduced: string[]): Record<string, unknown> {
  const sampler = comfyuiSampler(name);
  if (sampler === undefined) notReproduced.push(`sampler_name: ${name}`);
  if (name === "uni_pc") notReproduced.push("sampler_name: uni_pc (uni_pc_bh2 is taken in its place)");
  return { sampler, ...(brownian.has(name) && { stepRng: "cpu" }) };
}

function namedSchedule(name: string, notReproduced: string[]): Record<string, unknown> {
  const schedule = comfyuiSchedule(name);
  if (schedule === undefined) notReproduced.push(`scheduler: ${name}`);
  return { schedule };
}

/** Nodes that are one sampler with its settings, by the sampler's name. */
const samplerNodes: Readonly<Record<string, string>> = {
  SamplerEulerAncestral: "euler_ancestral",
  SamplerEulerAncestralCFGPP: "euler_ancestral_cfg_pp",
  SamplerDPMPP_2S_Ancestral: "dpmpp_2s_ancestral",
  SamplerDPMPP_2M_SDE: "dpmpp_2m_sde",
  SamplerDPMPP_3M_SDE: "dpmpp_3m_sde",
  SamplerDPMPP_SDE: "dpmpp_sde",
  SamplerLMS: "lms",
  SamplerDPMAdaptative: "dpm_adaptive",
  SamplerER_SDE: "er_sde",
  SamplerSASolver: "sa_solver",
};

/** Their settings where they are as usual, and so nothing to tell. */
const usual: Readonly<Record<string, readonly unknown[]>> = {
  s_noise: [1],
  r: [0.5],
  order: [3, 4],
  noise_device: ["cpu", "gpu"],
  solver_type: ["midpoint", "heun"],
  eta: [],
};

function readSampler(graph: Graph, node: GraphNode | undefined, notReproduced: string[]): Record<string, unknown> {
  if (node === undefined) return {};
  const name = Object.hasOwn(samplerNodes, node.type) ? samplerNodes[node.type] : undefined;
  const given = valueOf(graph, node, "sampler_name");
  if (name === undefined) {
    if (typeof given === "string") return namedSampler(given, notReproduced);
    notReproduced.push(`node ${node.id}, ${node.type}`);
    return {};
  }
  const eta = valueOf(graph, node, "eta");
  const isHeun = name === "dpmpp_2m_sde" && valueOf(graph, node, "solver_type") === "heun";
  for (const input of Object.keys(node.inputs)) {
    const value = valueOf(graph, node, input);
    if (input !== "eta" && !(Object.hasOwn(usual, input) ? usual[input] : []).includes(value))
      notReproduced.push(`${node.type}, ${input}: ${String(value)}`);
  }
  return {
    ...namedSampler(isHeun ? "dpmpp_2m_sde_heun" : name, notReproduced),
    ...(brownian.has(name) && valueOf(graph, node, "noise_device") === "gpu" && { stepRng: "philox" }),
    ...(eta !== undefined && { eta: numberIn(eta) }),
  };
}

interface Levels {
  readonly options: Record<string, unknown>;
  readonly denoise: number;
}

/** Nodes of noise levels between limits of their own. */
const levelFormulas = {
  KarrasScheduler: sigmasKarras,
  ExponentialScheduler: sigmasExponential,
  PolyexponentialScheduler: sigmasPolyexponential,
};
const mostSteps = 1000;
const deepestLevels = 8;

/** Nodes of noise levels that are schedules of ours, by their names there. */
const levelNodes: Readonly<Record<string, (node: (name: string) => unknown) => string>> = {
  SDTurboScheduler: () => "SDTurboScheduler",
  VPScheduler: () => "VPScheduler",
  LaplaceScheduler: () => "LaplaceScheduler",
  GITSScheduler: () => "GITSScheduler",
  AlignYourStepsScheduler: (value) => `AlignYourStepsScheduler, ${String(value("model_type"))}`,
  BasicScheduler: (value) => String(value("scheduler")),
};

function readLevels(graph: Graph, node: GraphNode | undefined, notReproduced: string[], depth = 0): Levels {
  if (node === undefined) return { options: {}, denoise: 1 };
  const value = (name: string) => valueOf(graph, node, name);
  const steps = numberIn(value("steps"));
  const denoise = value("denoise") === undefined ? 1 : numberIn(value("denoise"));
  if (Object.hasOwn(levelFormulas, node.type) && steps >= 1 && steps <= mostSteps) {
    const range = { sigmaMin: numberIn(value("sigma_min")), sigmaMax: numberIn(value("sigma_max")) };
    const rho = value("rho") === undefined ? undefined : numberIn(value("rho"));
    const levels = levelFormulas[node.type as keyof typeof levelFormulas](Math.floor(steps), range, { rho });
    return { options: { steps, sigmas: [...levels, 0] }, denoise };
  }
  if (node.type === "ManualSigmas") {
    const sigmas = String(value("sigmas")).match(/\d+(\.\d+)?(e-?\d+)?/g) ?? [];
    return { options: { sigmas: sigmas.map(Number) }, denoise };
  }
  if (!Object.hasOwn(levelNodes, node.type)) {
    notReproduced.push(`node ${node.id}, ${node.type}`);
    const next = depth < deepestLevels ? linked(graph, node, "sigmas")?.node : undefined;
    return next === undefined ? { options: {}, denoise } : readLevels(graph, next, notReproduced, depth + 1);
  }
  const named = namedSchedule(levelNodes[node.type](value), notReproduced);
  return { options: { steps, ...named, ...settingsOf(node.type, value) }, denoise };
}

/** The settings of a schedule's node. */
function settingsOf(type: string, value: (name: string) => unknown): Record<string, unknown> {
  if (type !== "GITSScheduler" || value("coeff") === undefined) return {};
  return { scheduleSettings: { coefficient: Number(numberIn(value("coeff")).toFixed(2)) } };
}
