// What published UNet configs mean, and which are refused with which words.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { unetConfig } from "./unet-config.ts";

const sd1 = {
  block_out_channels: [320, 640],
  down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
  up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
  attention_head_dim: 8,
  cross_attention_dim: 768,
};

it("unetConfig() fills in diffusers' defaults when a config is as short as SD 1's", () => {
  expect(unetConfig(sd1)).toEqual({
    inChannels: 4,
    outChannels: 4,
    levels: [
      { features: 320, resnets: 2, transformer: { heads: 8, blocks: 1, onlyCross: false } },
      { features: 640, resnets: 2 },
    ],
    middle: { heads: 8, blocks: 1, onlyCross: false },
    contextWidth: 768,
    groups: 32,
    epsilon: 1e-5,
    timeCode: { width: 320, cosineFirst: true, shift: 0 },
    timeWidth: 1280,
  });
});

it("unetConfig() reads per-level heads and blocks and the micro-conditioning when it is SDXL's", () => {
  const config = JSON.parse(readFileSync(fixturePath("models/sdxl/unet/config.json"), "utf8"));
  const { levels, middle, textTime } = unetConfig(config);
  expect(levels.map(({ transformer }) => transformer?.blocks)).toEqual([
    undefined,
    ...config.transformer_layers_per_block.slice(1),
  ]);
  expect(middle?.blocks).toBe(config.transformer_layers_per_block.at(-1));
  expect(textTime).toEqual({
    sizeCodeWidth: config.addition_time_embed_dim,
    width: config.projection_class_embeddings_input_dim,
  });
});

it("unetConfig() reads how the text is pooled into the time embedding, with diffusers' number of heads by default", () => {
  const pooled = { ...sd1, addition_embed_type: "text" };
  expect(unetConfig(pooled).textPooling).toEqual({ heads: 64 });
  expect(unetConfig({ ...pooled, addition_embed_type_num_heads: 5 }).textPooling).toEqual({ heads: 5 });
});

it.each([
  [{ block_out_channels: undefined }, 'config "block_out_channels" is absent (a list of numbers is wanted)'],
  [{ in_channels: "4" }, 'config "in_channels" is "4" (a number is wanted)'],
  [{ act_fn: "gelu" }, 'config "act_fn" is "gelu" ("silu" or "swish" is wanted)'],
  [{ class_embed_type: "timestep" }, 'config "class_embed_type" is "timestep" (absent is wanted)'],
  [{ attention_head_dim: [8] }, 'config "attention_head_dim" is a list of 1 (one for each of 2 blocks is wanted)'],
  [{ down_block_types: ["DownBlock2D"] }, "1 down and 2 up blocks (2 of each are wanted)"],
  [
    { down_block_types: ["AttnDownBlock2D", "DownBlock2D"] },
    'block type "AttnDownBlock2D" ("DownBlock2D" or "CrossAttnDownBlock2D" is wanted)',
  ],
  [
    { up_block_types: ["UpBlock2D", "UpBlock2D"] },
    'level 0 attends on one side only ("CrossAttnDownBlock2D", "UpBlock2D")',
  ],
  [
    { mid_block_type: "UNetMidBlock2DSimpleCrossAttn" },
    'config "mid_block_type" is "UNetMidBlock2DSimpleCrossAttn" (one of "UNetMidBlock2DCrossAttn", "UNetMidBlock2D" is wanted)',
  ],
  [{ cross_attention_dim: [768, 1024] }, "cross_attention_dim is [768,1024] (one width is wanted)"],
  [{ addition_embed_type: "image" }, 'config "addition_embed_type" is "image" (one of "text", "text_time" is wanted)'],
])("unetConfig() names the field and what is wanted: %#", (change, message) => {
  expect(() => unetConfig({ ...sd1, ...change })).toThrow(`Cannot build UNet2DConditionModel: ${message}`);
});
