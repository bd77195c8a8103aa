// What a weights file is, by tell-tale tensor names. The first row that matches names it: files of other systems
// that share names with Stable Diffusion stand before the checkpoints, parts of a checkpoint after them.

import { hasChild } from "./names/children.ts";

/** What an adapter changes a model by. */
export type AdapterKind = "lora" | "embedding" | "hypernetwork";

/** One kind of weights file. */
export interface FileKind {
  /** In a message: `it is <label>`. */
  readonly label: string;
  /** True when this row describes a whole Stable Diffusion checkpoint. */
  readonly isCheckpoint?: boolean;
  /** Set when this row describes an adapter that prompts can name. */
  readonly adapter?: AdapterKind;
}

interface KindRow extends FileKind {
  /** A name that only such files have. */
  readonly name: RegExp;
}

const kinds: readonly KindRow[] = [
  { label: "a Flux model", name: /(^|\.)double_blocks\.\d+\.img_attn\./ },
  { label: "a Stable Diffusion 3 model", name: /(^|\.)joint_blocks\.\d+\./ },
  {
    label: "a Stable Cascade model",
    name: /^(clip_txt_mapper\.|clip_txt_pooled_mapper\.|down_blocks\.\d+\.\d+\.channelwise\.)/,
  },
  { label: "an AuraFlow model", name: /(^|\.)double_layers\.\d+\.attn\.w1q\./ },
  { label: "a PixArt model", name: /(^|\.)(adaln_single|t_block\.1)\./ },
  { label: "a Sana model", name: /(^|\.)blocks\.\d+\.cross_attn\.kv_linear\./ },
  { label: "a HunyuanDiT model", name: /(^|\.)blocks\.\d+\.default_modulation\./ },
  { label: "a HunyuanVideo model", name: /(^|\.)txt_in\.individual_token_refiner\./ },
  { label: "a Wan video model", name: /(^|\.)head\.modulation$/ },
  { label: "an LTX-Video model", name: /(^|\.)patchify_proj\./ },
  {
    label: "a Stable Video Diffusion model",
    name: /(^|\.)(input_blocks\.\d+\.\d+\.time_stack|down_blocks\.\d+\.resnets\.\d+\.temporal_res_block)\./,
  },
  { label: "an AnimateDiff motion module", name: /(^|\.)motion_modules\.\d+\./ },
  { label: "a Control-LoRA", name: /^lora_controlnet$/ },
  { label: "a ControlNet-LLLite", name: /^lllite_unet_/ },
  { label: "a ControlNet Union", name: /(^|\.)(control_add_embedding\.|task_embedding$)/ },
  { label: "a ControlNet in the original layout", name: /^control_model\.input_hint_block\./ },
  {
    label: "a LyCORIS adapter",
    name: /\.(hada_w1_a|lokr_w1(_a)?|oft_blocks|oft_diag|a1\.weight|diff)$/,
    adapter: "lora",
  },
  {
    label: "a LoRA",
    adapter: "lora",
    name: /(\.lora_(down|up|A|B)(\.\w+)?\.weight$|[._]lora\.(down|up)\.weight$|^lora_(unet|te\d?)_|\.lora_linear_layer\.)/,
  },
  { label: "a ControlNet", name: /^(controlnet_cond_embedding\.|input_hint_block\.|controlnet_down_blocks\.)/ },
  { label: "a T2I-Adapter", name: /^(adapter\.)?body\.\d+\.(in_conv|resnets|block1)\./ },
  { label: "an IP-Adapter", name: /^(ip_adapter|image_proj)\./ },
  {
    label: "a textual inversion embedding",
    name: /^(emb_params|string_to_param(\..+)?|clip_[lg]|<[^>]+>)$/,
    adapter: "embedding",
  },
  { label: "a hypernetwork", name: /^\d+\.[01]\.linear\d?\./, adapter: "hypernetwork" },
  {
    label: "a Stable Diffusion checkpoint",
    name: /^(model\.diffusion_model|unet)\.(input_blocks|down_blocks)\./,
    isCheckpoint: true,
  },
  {
    label: "an ESRGAN upscaler",
    name: /^(model\.1\.sub\.\d+\.|conv_body\.|RRDB_trunk\.|body\.\d+\.rdb1\.|body\.0\.weight$)/,
  },
  { label: "a tiny autoencoder (TAESD)", name: /^(encoder|decoder)\.(layers\.)?\d+\.(conv\.\d+\.)?weight$/ },
  { label: "a VQ autoencoder alone", name: /^quantize\.embedding(\.weight)?$/ },
  {
    label: "an autoencoder alone",
    name: /^(first_stage_model\.|vae\.)?(encoder|decoder)\.(down|up|mid_block|mid)[._]/,
  },
  { label: "a UNet alone", name: /^(input_blocks|down_blocks)\.\d+\./ },
  { label: "a T5 text encoder", name: /(^|\.)encoder\.block\.\d+\.layer\.0\.SelfAttention\./ },
  { label: "a safety checker", name: /(^|\.)(concept_embeds|special_care_embeds)$/ },
  { label: "a CLIP model with both towers", name: /^(vision_model\.|visual\.)/ },
  {
    label: "a text encoder alone",
    name: /^((cond_stage_model|text_encoder)\.\w*\.?)?(text_model\.|(model\.)?transformer\.resblocks\.|encoder\.layers\.\d+\.self_attn\.)/,
  },
];

/** What the file that holds tensors of these names is; undefined when no row knows it. */
export function fileKind(names: Iterable<string>): FileKind | undefined {
  const list = [...names];
  const row = kinds.find((kind) => list.some((name) => kind.name.test(name)));
  return row?.isCheckpoint && !hasAutoencoder(list) ? { ...row, label: `${row.label} without autoencoder` } : row;
}

function hasAutoencoder(names: readonly string[]): boolean {
  return hasChild(names, "first_stage_model") || hasChild(names, "vae");
}
