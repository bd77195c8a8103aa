// The autoencoder names of the original code (taming-transformers, latent-diffusion), and the attention names that
// diffusers itself used before 0.18. The decoder counts its levels from the finest, diffusers from the coarsest.

import { childCount } from "./children.ts";

const resnetChildren: Readonly<Record<string, string>> = {
  norm1: "norm1",
  conv1: "conv1",
  norm2: "norm2",
  conv2: "conv2",
  nin_shortcut: "conv_shortcut",
};
const attentionChildren: Readonly<Record<string, string>> = {
  norm: "group_norm",
  q: "to_q",
  k: "to_k",
  v: "to_v",
  proj_out: "to_out.0",
};
const oldAttentionChildren: Readonly<Record<string, string>> = {
  query: "to_q",
  key: "to_k",
  value: "to_v",
  proj_attn: "to_out.0",
};
const halves = [
  { half: "encoder", list: "down", sampling: "downsample" },
  { half: "decoder", list: "up", sampling: "upsample" },
] as const;

/** True when `names` (without "first_stage_model.") are those of the original autoencoder code. */
export function isLdmVae(names: Iterable<string>): boolean {
  for (const name of names) if (/^(encoder\.down|decoder\.up)\./.test(name)) return true;
  return false;
}

/** Original module path → published module path, for every module that `names` can hold. */
export function ldmVaeModules(names: Iterable<string>): Map<string, string> {
  const known = [...names];
  const modules = new Map([
    ["quant_conv", "quant_conv"],
    ["post_quant_conv", "post_quant_conv"],
  ]);
  const add = (from: string, to: string, children: Readonly<Record<string, string>>) => {
    for (const [child, name] of Object.entries(children)) modules.set(`${from}.${child}`, `${to}.${name}`);
  };
  for (const { half, list, sampling } of halves) {
    add(half, half, { conv_in: "conv_in", conv_out: "conv_out", norm_out: "conv_norm_out" });
    const middle = `${half}.mid_block`;
    add(`${half}.mid.block_1`, `${middle}.resnets.0`, resnetChildren);
    add(`${half}.mid.attn_1`, `${middle}.attentions.0`, attentionChildren);
    add(`${half}.mid.block_2`, `${middle}.resnets.1`, resnetChildren);
    const levels = childCount(known, `${half}.${list}`);
    for (let level = 0; level < levels; level++) {
      const from = `${half}.${list}.${level}`;
      const to = `${half}.${list}_blocks.${half === "encoder" ? level : levels - 1 - level}`;
      const layers = childCount(known, `${from}.block`);
      for (let layer = 0; layer < layers; layer++) {
        add(`${from}.block.${layer}`, `${to}.resnets.${layer}`, resnetChildren);
        add(`${from}.attn.${layer}`, `${to}.attentions.${layer}`, attentionChildren);
      }
      add(`${from}.${sampling}`, `${to}.${sampling}rs.0`, { conv: "conv" });
    }
  }
  return modules;
}

/** `name` of a published autoencoder with diffusers' former attention names (query, proj_attn) brought up to date. */
export function currentVaeName(name: string): string {
  return name.replace(
    /(\.attentions\.\d+)\.(query|key|value|proj_attn)\./,
    (_all, attention: string, child: string) => `${attention}.${oldAttentionChildren[child]}.`,
  );
}
