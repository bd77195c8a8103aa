import fc from "fast-check";
import { expect, test } from "vitest";
import type { StoredTensor } from "../../tensor/stored.ts";
import { elementCount } from "../../tensor/tensor.ts";
import { splitNetworks } from "./prefixes.ts";
import { publishedNetwork } from "./published.ts";

const stored = (name: string, dims: number[] = [4], offset = 0): StoredTensor => ({
  name,
  type: "F16",
  dims,
  file: "x.safetensors",
  offset,
  byteLength: 2 * elementCount(dims),
});
const named = (...names: string[]) => new Map(names.map((name) => [name, stored(name)]));
const publishedNames = (...[slot, ...names]: ["unet" | "vae" | "textEncoder", ...string[]]) => [
  ...publishedNetwork(slot, named(...names)).tensors.keys(),
];

test("publishedNetwork() finds blocks by walking the lists when the UNet is named in the original way", () => {
  // Two levels with one residual block each, attention on the second; listed out of order.
  const names = publishedNames(
    "unet",
    "output_blocks.10.0.in_layers.2.weight", // the eleventh of the list, not the second
    "input_blocks.0.0.weight",
    "input_blocks.1.0.in_layers.0.weight",
    "input_blocks.2.0.op.bias",
    "input_blocks.3.0.emb_layers.1.weight",
    "input_blocks.3.1.transformer_blocks.0.attn1.to_q.weight",
    "middle_block.0.out_layers.3.weight",
    "middle_block.1.proj_in.weight",
    "middle_block.2.skip_connection.bias",
    "output_blocks.0.0.out_layers.0.weight",
    "output_blocks.0.1.norm.bias",
    "output_blocks.1.0.in_layers.2.weight",
    "output_blocks.1.1.transformer_blocks.0.norm1.bias",
    "output_blocks.1.2.conv.weight",
    "output_blocks.2.0.in_layers.2.weight",
    "output_blocks.9.0.in_layers.2.weight",
    "time_embed.2.bias",
    "out.0.weight",
    "out.2.bias",
    "label_emb.0.0.weight",
  );
  expect(names).toEqual([
    "up_blocks.1.resnets.2.conv1.weight",
    "conv_in.weight",
    "down_blocks.0.resnets.0.norm1.weight",
    "down_blocks.0.downsamplers.0.conv.bias",
    "down_blocks.1.resnets.0.time_emb_proj.weight",
    "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q.weight",
    "mid_block.resnets.0.conv2.weight",
    "mid_block.attentions.0.proj_in.weight",
    "mid_block.resnets.1.conv_shortcut.bias",
    "up_blocks.0.resnets.0.norm2.weight",
    "up_blocks.0.attentions.0.norm.bias",
    "up_blocks.0.resnets.1.conv1.weight",
    "up_blocks.0.attentions.1.transformer_blocks.0.norm1.bias",
    "up_blocks.0.upsamplers.0.conv.weight",
    "up_blocks.1.resnets.0.conv1.weight",
    "up_blocks.1.resnets.1.conv1.weight",
    "time_embedding.linear_2.bias",
    "conv_norm_out.weight",
    "conv_out.bias",
    "class_embedding.linear_1.weight",
  ]);
});

test("publishedNetwork() turns the decoder's levels around when the autoencoder is named in the original way", () => {
  expect(
    publishedNames(
      "vae",
      "decoder.up.0.block.2.nin_shortcut.weight",
      "decoder.up.1.block.0.conv1.weight",
      "decoder.up.2.block.0.norm1.bias",
      "decoder.up.2.upsample.conv.weight",
      "encoder.down.0.downsample.conv.bias",
      "encoder.down.0.block.0.conv1.weight",
      "decoder.mid.block_2.norm1.weight",
      "loss.logvar",
    ),
  ).toEqual([
    "decoder.up_blocks.1.resnets.0.conv1.weight",
    "decoder.up_blocks.0.resnets.0.norm1.bias",
    "decoder.up_blocks.0.upsamplers.0.conv.weight",
    "encoder.down_blocks.0.downsamplers.0.conv.bias",
    "encoder.down_blocks.0.resnets.0.conv1.weight",
    "decoder.mid_block.resnets.1.norm1.weight",
  ]);
});

test.each([
  ["decoder.up.0.block.0.conv1.weight", "encoder.mid.attn_1.q.weight"],
  ["decoder.up_blocks.0.resnets.0.conv1.weight", "encoder.mid_block.attentions.0.query.weight"],
  ["decoder.up_blocks.0.resnets.0.conv1.weight", "encoder.mid_block.attentions.0.to_q.weight"],
])("publishedNetwork() gives attention as a matrix when it is stored as a convolution among %s", (other, name) => {
  const { tensors } = publishedNetwork(
    "vae",
    new Map([
      [other, stored(other)],
      [name, stored(name, [8, 8, 1, 1])],
    ]),
  );
  expect(tensors.get("encoder.mid_block.attentions.0.to_q.weight")).toEqual({
    ...stored(name, [8, 8, 1, 1]),
    dims: [8, 8],
  });
});

test("publishedNetwork() slices rows without copying when query, key and value are fused", () => {
  const weight = stored("transformer.resblocks.3.attn.in_proj_weight", [12, 4], 1000);
  const bias = stored("transformer.resblocks.3.attn.in_proj_bias", [12], 2000);
  const { tensors } = publishedNetwork("textEncoder", new Map([weight, bias].map((tensor) => [tensor.name, tensor])));
  const path = "text_model.encoder.layers.3.self_attn";
  expect(tensors.get(`${path}.q_proj.weight`)).toEqual({ ...weight, dims: [4, 4], offset: 1000, byteLength: 32 });
  expect(tensors.get(`${path}.k_proj.weight`)).toEqual({ ...weight, dims: [4, 4], offset: 1032, byteLength: 32 });
  expect(tensors.get(`${path}.v_proj.bias`)).toEqual({ ...bias, dims: [4], offset: 2016, byteLength: 8 });
});

test("publishedNetwork() marks the text projection as transposed when it comes from open_clip", () => {
  const projection = stored("text_projection", [16, 40]);
  const { tensors } = publishedNetwork(
    "textEncoder2",
    new Map([
      ["positional_embedding", stored("positional_embedding")],
      ["text_projection", projection],
    ]),
  );
  expect(tensors.get("text_projection.weight")).toEqual({ ...projection, transposed: true });
});

test("publishedNetwork() gives the classic names when a text encoder was saved without text_model", () => {
  expect(
    publishedNames(
      "textEncoder",
      "embeddings.token_embedding.weight",
      "encoder.layers.0.mlp.fc1.bias",
      "final_layer_norm.weight",
      "text_projection.weight",
      "embeddings.position_ids",
    ),
  ).toEqual([
    "text_model.embeddings.token_embedding.weight",
    "text_model.encoder.layers.0.mlp.fc1.bias",
    "text_model.final_layer_norm.weight",
    "text_projection.weight",
  ]);
});

test("publishedNetwork() gives tensors or an Error of ours when names and shapes are arbitrary", () => {
  const word = fc.constantFrom(
    "input_blocks",
    "output_blocks",
    "middle_block",
    "decoder",
    "up",
    "mid",
    "attn_1",
    "q",
    "constructor",
    "__proto__",
    "transformer",
    "resblocks",
    "attn",
    "in_proj_weight",
    "text_projection",
    "0",
    "1",
    "4000000000",
    "op",
    "weight",
    "",
    "in_layers",
  );
  const name = fc.array(word, { minLength: 1, maxLength: 7 }).map((words) => words.join("."));
  const tensors = fc.array(fc.tuple(name, fc.array(fc.nat(9), { maxLength: 4 })), { maxLength: 20 });
  fc.assert(
    fc.property(fc.constantFrom("unet", "vae", "textEncoder"), tensors, (slot, list) => {
      const file = new Map(list.map(([key, dims]) => [key, stored(key, dims)]));
      try {
        for (const tensor of publishedNetwork(slot, file).tensors.values()) {
          const whole = file.get(tensor.name)!;
          expect(tensor.offset).toBeGreaterThanOrEqual(whole.offset);
          expect(tensor.offset + tensor.byteLength).toBeLessThanOrEqual(whole.offset + whole.byteLength);
          expect(tensor.byteLength).toBe(2 * elementCount(tensor.dims));
        }
      } catch (error) {
        expect((error as Error).message).toMatch(/^Cannot (take rows|read)/);
      }
    }),
  );
});

test("splitNetworks() prefers the original prefixes when two networks compete for a place", () => {
  const { sections, unused } = splitNetworks(
    named("unet.conv_in.weight", "model.diffusion_model.out.0.bias", "model_ema.decay"),
  );
  expect(sections.get("unet")).toMatchObject({ prefix: "model.diffusion_model." });
  expect(unused).toEqual(["model_ema.decay", "unet.conv_in.weight"]);
});
