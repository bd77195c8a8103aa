// The values of a node as ComfyUI's page keeps them: in a list, by the places of the fields on the node.

const sampling = ["steps", "cfg", "sampler_name", "scheduler"];
const seedControl = "control_after_generate";

/** Names of the fields in order, for the nodes that are understood. */
const widgetsByType: Readonly<Record<string, readonly string[]>> = {
  KSampler: ["seed", seedControl, ...sampling, "denoise"],
  KSamplerAdvanced: [
    "add_noise",
    "noise_seed",
    seedControl,
    ...sampling,
    "start_at_step",
    "end_at_step",
    "return_with_leftover_noise",
  ],
  SamplerCustom: ["add_noise", "noise_seed", seedControl, "cfg"],
  RandomNoise: ["noise_seed", seedControl],
  KSamplerSelect: ["sampler_name"],
  SamplerEulerAncestral: ["eta", "s_noise"],
  SamplerDPMPP_2M_SDE: ["solver_type", "eta", "s_noise", "noise_device"],
  SamplerDPMPP_3M_SDE: ["eta", "s_noise", "noise_device"],
  SamplerDPMPP_SDE: ["eta", "s_noise", "r", "noise_device"],
  SamplerDPMPP_2S_Ancestral: ["eta", "s_noise"],
  BasicScheduler: ["scheduler", "steps", "denoise"],
  KarrasScheduler: ["steps", "sigma_max", "sigma_min", "rho"],
  ExponentialScheduler: ["steps", "sigma_max", "sigma_min"],
  PolyexponentialScheduler: ["steps", "sigma_max", "sigma_min", "rho"],
  SDTurboScheduler: ["steps", "denoise"],
  GITSScheduler: ["coeff", "steps", "denoise"],
  AlignYourStepsScheduler: ["model_type", "steps", "denoise"],
  CFGGuider: ["cfg"],
  PerpNegGuider: ["cfg", "neg_scale"],
  CLIPTextEncode: ["text"],
  CLIPTextEncodeSDXL: ["width", "height", "crop_w", "crop_h", "target_width", "target_height", "text_g", "text_l"],
  CLIPTextEncodeSDXLRefiner: ["ascore", "width", "height", "text"],
  CLIPSetLastLayer: ["stop_at_clip_layer"],
  ConditioningAverage: ["conditioning_to_strength"],
  EmptyLatentImage: ["width", "height", "batch_size"],
  EmptySD3LatentImage: ["width", "height", "batch_size"],
  LatentUpscale: ["upscale_method", "width", "height", "crop"],
  LatentUpscaleBy: ["upscale_method", "scale_by"],
  ImageScale: ["upscale_method", "width", "height", "crop"],
  ImageScaleBy: ["upscale_method", "scale_by"],
  RepeatLatentBatch: ["amount"],
  VAEEncodeForInpaint: ["grow_mask_by"],
  LoadImage: ["image"],
  LoadImageMask: ["image", "channel"],
  CheckpointLoaderSimple: ["ckpt_name"],
  CheckpointLoader: ["config_name", "ckpt_name"],
  UNETLoader: ["unet_name", "weight_dtype"],
  VAELoader: ["vae_name"],
  UpscaleModelLoader: ["model_name"],
  LoraLoader: ["lora_name", "strength_model", "strength_clip"],
  LoraLoaderModelOnly: ["lora_name", "strength_model"],
  RescaleCFG: ["multiplier"],
  FreeU: ["b1", "b2", "s1", "s2"],
  FreeU_V2: ["b1", "b2", "s1", "s2"],
  PerturbedAttentionGuidance: ["scale"],
  SelfAttentionGuidance: ["scale", "blur_sigma"],
  APG: ["eta", "norm_threshold", "momentum"],
  ModelSamplingDiscrete: ["sampling", "zsnr"],
  StringConcatenate: ["string_a", "string_b", "delimiter"],
  PrimitiveNode: ["value", seedControl],
  SaveImage: ["filename_prefix"],
};

/** The node's values by name. Pages since 2025 name the fields themselves; for older ones the table does. */
export function widgetNames(type: string, node: Readonly<Record<string, unknown>>): [string, unknown][] {
  const { widgets_values: values, inputs } = node;
  if (typeof values !== "object" || values === null) return [];
  if (!Array.isArray(values)) return Object.entries(values);
  const known = Object.hasOwn(widgetsByType, type) ? widgetsByType[type] : namesOfInputs(inputs, values);
  return known.flatMap((name, i): [string, unknown][] => (i < values.length ? [[name, values[i] as unknown]] : []));
}

/** The names of the inputs that are fields; behind a seed stands what to do with it next. */
function namesOfInputs(inputs: unknown, values: readonly unknown[]): string[] {
  if (!Array.isArray(inputs)) return values.length === 1 ? ["value"] : [];
  const names: string[] = [];
  for (const input of inputs as unknown[]) {
    const { name, widget } = (input ?? {}) as Readonly<Record<string, unknown>>;
    if (widget === undefined || widget === null) continue;
    names.push(String(name));
    const next = values[names.length];
    if (String(name).endsWith("seed") && /^(fixed|increment|decrement|randomize)$/.test(String(next)))
      names.push(seedControl);
  }
  return names.length > 0 || values.length !== 1 ? names : ["value"];
}

/** The link that a bypassed node passes on at output `slot`: its first input of the same type. */
export function bypassed({ inputs, outputs }: Readonly<Record<string, unknown>>, slot: unknown): unknown {
  const output = Array.isArray(outputs) && typeof slot === "number" ? (outputs[slot] as { type?: unknown }) : undefined;
  const candidates = Array.isArray(inputs) ? (inputs as { type?: unknown; link?: unknown }[]) : [];
  return candidates.find((input) => input?.type === output?.type && (input?.link ?? undefined) !== undefined)?.link;
}
