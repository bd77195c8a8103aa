import { expect, test } from "vitest";
import { kUnetJson, kUnetListing } from "../../../../fixtures/tiny-latent-upscaler.ts";
import { parametersOf } from "../graph/graph.ts";
import { elementCount } from "../tensor/tensor.ts";
import { isKUnet } from "./k-unet.ts";
import { tracedUNet } from "./unet-tracing.ts";
import { unetConfig } from "./unet-config.ts";
import { unetGraph } from "./unet.ts";

const published = { widths: [384, 384, 768, 768], layers: 4, headWidth: 64, text: 768, condition: 896 };

test.each([
  ["tiny", kUnetJson()],
  ["of one layer", kUnetJson({ layers: 1 })],
  ["as wide as the published one", kUnetJson(published)],
])("unetGraph() has diffusers' parameters when the UNet has K-blocks, %s", (_, json) => {
  const wanted = kUnetListing(json);
  const names = parametersOf(unetGraph(unetConfig(json)));
  expect(Object.fromEntries(names.map(({ name, dims }) => [name, dims]))).toEqual(Object.fromEntries(wanted));
  expect(names.reduce((sum, { dims }) => sum + elementCount(dims), 0)).toBe(
    [...wanted.values()].reduce((sum, dims) => sum + elementCount(dims), 0),
  );
});

test("unetConfig() reads K-blocks", () => {
  const config = unetConfig(kUnetJson(published));
  expect(isKUnet(config)).toBe(true);
  expect(config).toMatchObject({
    inChannels: 8,
    outChannels: 4,
    timeWidth: 768,
    conditionWidth: 896,
    contextWidth: 768,
  });
  expect(config.levels.map(({ transformer }) => transformer?.heads)).toEqual([undefined, 6, 12, 12]);
});

test.each([
  [{ act_fn: "silu" }, "act_fn"],
  [{ mid_block_type: undefined }, "no mid_block_type (null is wanted)"],
  [{ norm_num_groups: 32 }, "norm_num_groups"],
  [{ conv_in_kernel: undefined }, "no conv_in_kernel (1 is wanted)"],
  [{ up_block_types: kUnetJson().up_block_types.toReversed() }, "level 0 attends on one side only"],
  [{ down_block_types: ["KDownBlock2D"] }, "1 down and 4 up blocks (4 of each are wanted)"],
  [{ block_out_channels: [32, 32, 32, 64] }, "levels of 32, 32, 32, 64 channels, embeddings of 64"],
  [{ block_out_channels: [32, 64, 64, 64] }, "levels of 32, 64, 64, 64 channels, embeddings of 64"],
  [{ time_cond_proj_dim: 24 }, "time_cond_proj_dim is 24"],
  [{ out_channels: 4 }, "8 channels in and 4 out"],
])("unetConfig() throws when K-blocks come with %j", (change, message) => {
  expect(() => unetConfig({ ...kUnetJson(), ...change })).toThrow(message);
});

test("unetGraph() and tracedUNet() throw when asked for what a latent upscaler cannot have", () => {
  const config = unetConfig(kUnetJson());
  expect(() => unetGraph(config, { withFreeU: true })).toThrow("Cannot trace a latent upscaler with FreeU");
  expect(() => tracedUNet(config, { tracing: { tiling: "xy" } })).toThrow("Cannot trace a latent upscaler with tiling");
});
