import { expect, test } from "vitest";
import type { StoredTensor } from "../../tensor/stored.ts";
import { unetConfig } from "./unet.ts";

/** A UNet of two levels, one residual block each, with the given transformer depths per attention. */
function tensors({
  down,
  mid,
  up,
  channels = 64,
}: {
  down: number[][];
  mid: number[];
  up: number[][];
  channels?: number;
}): Map<string, StoredTensor> {
  const list: [string, number[]][] = [
    ["conv_in.weight", [channels, 4, 3, 3]],
    ["conv_out.weight", [4, channels, 3, 3]],
  ];
  const block = (path: string, depths: number[], resnets: number) => {
    for (let i = 0; i < resnets; i++) list.push([`${path}.resnets.${i}.conv1.weight`, [channels, channels, 3, 3]]);
    for (const [i, depth] of depths.entries()) {
      list.push([`${path}.attentions.${i}.proj_in.weight`, [channels, channels]]);
      for (let j = 0; j < depth; j++) {
        list.push(
          [`${path}.attentions.${i}.transformer_blocks.${j}.attn1.to_k.weight`, [channels, channels]],
          [`${path}.attentions.${i}.transformer_blocks.${j}.attn2.to_k.weight`, [channels, 96]],
        );
      }
    }
  };
  down.forEach((depths, i) => block(`down_blocks.${i}`, depths, 2));
  block("mid_block", mid, mid.length + 1);
  up.forEach((depths, i) => block(`up_blocks.${i}`, depths, 3));
  return new Map(list.map(([name, dims]) => [name, { name, type: "F16", dims, file: "x", offset: 0, byteLength: 0 }]));
}
const context = { family: "sdxl", prediction: "epsilon" } as const;

test("unetConfig() gives one depth when all attentions agree", () => {
  const config = unetConfig(tensors({ down: [[], [4, 4]], mid: [4], up: [[4, 4, 4], []] }), context);
  expect(config).toMatchObject({
    transformer_layers_per_block: 4,
    layers_per_block: 2,
    cross_attention_dim: 96,
    attention_head_dim: [1, 1],
  });
  expect(config).not.toHaveProperty("reverse_transformer_layers_per_block");
});

test("unetConfig() gives depths per level when they differ, and the way up only when it is no mirror image", () => {
  const mirrored = unetConfig(
    tensors({
      down: [
        [2, 2],
        [10, 10],
      ],
      mid: [10],
      up: [
        [10, 10, 10],
        [2, 2, 2],
      ],
    }),
    context,
  );
  expect(mirrored).toMatchObject({ transformer_layers_per_block: [2, 10] });
  expect(mirrored).not.toHaveProperty("reverse_transformer_layers_per_block");
  // Segmind's SSD-1B thins the attentions one by one.
  const thinned = unetConfig(
    tensors({
      down: [
        [2, 2],
        [4, 4],
      ],
      mid: [],
      up: [
        [4, 4, 10],
        [2, 1, 1],
      ],
    }),
    context,
  );
  expect(thinned).toMatchObject({
    transformer_layers_per_block: [2, 4],
    reverse_transformer_layers_per_block: [
      [4, 4, 10],
      [2, 1, 1],
    ],
    mid_block_type: "UNetMidBlock2D",
  });
});

test("unetConfig() throws and names the option when shapes leave the architecture open", () => {
  const shape = { down: [[1, 1]], mid: [1], up: [[1, 1, 1]] };
  expect(() => unetConfig(tensors({ ...shape, channels: 40 }), context)).toThrow(
    "a block has 40 channels, which 32 normalisation groups do not divide",
  );
  expect(() => unetConfig(tensors({ ...shape, channels: 96 }), context)).toThrow(
    'no multiple of 64-wide heads (pass "config"',
  );
  expect(unetConfig(tensors({ ...shape, channels: 96 }), { ...context, family: "sd1" }).attention_head_dim).toBe(8);
  expect(() => unetConfig(tensors({ ...shape, mid: [3] }), context)).toThrow(
    "its middle block has 3 transformer layers and its deepest level 1",
  );
  expect(() => unetConfig(tensors({ down: [[]], mid: [], up: [[]] }), context)).toThrow("it has no cross-attention");
});
