// How each kind of network is traced, and how the reference's cases of it are read: what to feed, what to compare.

import type { Checkpoint, NetworkSlot } from "@noisette/core/checkpoints/checkpoint";
import type { Graph } from "@noisette/core/graph/graph";
import { autoencoderKlConfig, decoderGraph, encoderGraph } from "@noisette/core/models/autoencoder-kl";
import { clipTextConfig, clipTextGraph } from "@noisette/core/models/clip-text";
import type { PublishedConfig } from "@noisette/core/models/config";
import { unetGraph } from "@noisette/core/models/unet";
import { unetConfig } from "@noisette/core/models/unet-config";
import type { AnyTensor, Tensor } from "@noisette/core/tensor/tensor";
import { goldenTensor } from "../fixtures/read-golden.ts";
import type { Golden, GoldenTensor } from "../fixtures/read-golden.ts";

/** One run of a network and what each reference output is to be compared with. */
export interface Comparison {
  readonly feeds: Readonly<Record<string, AnyTensor>>;
  readonly outputs: Readonly<Record<string, (results: Record<string, Tensor>) => ArrayLike<number>>>;
}
/** A role of a network: its place in a checkpoint, how it is traced, how its reference cases are read. */
export interface Role {
  readonly slot: NetworkSlot;
  readonly trace: (config: PublishedConfig, checkpoint: Checkpoint) => Graph;
  readonly compare: (golden: Golden) => readonly Comparison[];
}

/** A golden tensor of any type as float32. */
export const floats = (golden: Golden, name: string): Tensor => {
  const { dims, data } = goldenTensor(golden, name);
  return { dims, data: Float32Array.from(data as Float32Array) };
};
/** A golden tensor of integers as ids. */
export const integers = ({ dims, data }: GoldenTensor): Tensor<"int64"> => ({
  dims,
  data: BigInt64Array.from(data as Int32Array, BigInt),
});
/** Bytes as networks see pictures, in [-1,1]. */
export const picture = (golden: Golden): Tensor => {
  const { dims, data } = floats(golden, "in.image_u8");
  return { dims, data: data.map((byte) => byte / 127.5 - 1) };
};

const textEncoder = (slot: "textEncoder" | "textEncoder2"): Role => ({
  slot,
  trace: (config, { networks }) =>
    clipTextGraph(clipTextConfig(config, { withProjection: networks[slot]!.className.endsWith("WithProjection") })),
  compare(golden) {
    const outputs = [...golden.tensors.keys()].filter((name) => name.startsWith("out."));
    const last = Math.max(...outputs.map((name) => Number(/^out\.hidden_states\.(\d+)$/.exec(name)?.[1] ?? 0)));
    // diffusers' clip_skip N takes the state N layers before the last, normalized.
    const ours = (name: string) =>
      ({ last_hidden_state: `normalized.${last}`, pooler_output: "pooled", text_embeds: "textEmbeds" })[name] ??
      name
        .replace("hidden_states", "hidden")
        .replace(/^clip_skip(\d+)$/, (_, skip) => `normalized.${last - Number(skip)}`);
    return [
      {
        feeds: { ids: integers(goldenTensor(golden, "in.input_ids")) },
        outputs: Object.fromEntries(outputs.map((name) => [name, (results) => results[ours(name.slice(4))].data])),
      },
    ];
  },
});

/** Roles by the part they play in a pipeline. */
export const roles = {
  unet: {
    slot: "unet",
    trace: (config, { networks }) =>
      unetGraph(unetConfig(config), {
        pooledWidth: networks.textEncoder2?.config.projection_dim as number | undefined,
      }),
    compare(golden) {
      const sample = floats(golden, "in.sample");
      const [batch] = sample.dims;
      const given = golden.tensors.get("in.timestep");
      const runs = given
        ? [["out.sample", [...given.data]] as const]
        : [...goldenTensor(golden, "in.timesteps").data].map(
            (t, i) => [`out.sample.${i}`, new Array(batch).fill(t)] as const,
          );
      const added = { textEmbeds: "in.added_cond_kwargs.text_embeds", timeIds: "in.added_cond_kwargs.time_ids" };
      const conditions = Object.entries(added).filter(([, name]) => golden.tensors.has(name));
      const classes = golden.tensors.get("in.class_labels");
      return runs.map(([output, timesteps]) => ({
        feeds: {
          sample,
          timestep: { dims: [batch], data: Float32Array.from(timesteps, Number) },
          context: floats(golden, "in.encoder_hidden_states"),
          ...Object.fromEntries(conditions.map(([input, name]) => [input, floats(golden, name)])),
          ...(classes && { classLabels: integers(classes) }),
        },
        outputs: { [output]: ({ out }) => out.data },
      }));
    },
  },
  textEncoder: textEncoder("textEncoder"),
  textEncoder2: textEncoder("textEncoder2"),
  encoder: {
    slot: "vae",
    trace: (config) => encoderGraph(autoencoderKlConfig(config)),
    compare: (golden) => [
      {
        feeds: { image: picture(golden) },
        outputs: {
          "out.mean": ({ mean }) => mean.data,
          // diffusers keeps the logarithm of the variance within these bounds.
          "out.logvar": ({ logVariance }) => logVariance.data.map((value) => Math.min(20, Math.max(-30, value))),
        },
      },
    ],
  },
  decoder: {
    slot: "vae",
    trace: (config) => decoderGraph(autoencoderKlConfig(config)),
    compare: (golden) => [
      { feeds: { latents: floats(golden, "in.z") }, outputs: { "out.decoded": ({ image }) => image.data } },
    ],
  },
} satisfies Record<string, Role>;
