import { describe, expect, it } from "vitest";
import { temporaryPath, writeWeights } from "../../../../fixtures/temporary-weights.ts";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { openCheckpoint } from "../checkpoints/open.ts";
import { architectureOf } from "./architecture.ts";
import { matchAdapter, openAdapter } from "./match-adapter.ts";
import { adapterOf } from "./read-adapter.ts";

const sd1 = { ...(await openCheckpoint(fixturePath("models/sd1"))), path: "sd1" };
const sdxl = { ...(await openCheckpoint(fixturePath("models/sdxl"))), path: "sdxl" };

type Fields = Parameters<typeof writeWeights>[1];
const adapter = async (fields: Fields, metadata?: Record<string, string>) =>
  adapterOf(await writeWeights(temporaryPath("x.safetensors"), fields, metadata), { source: "x" });

describe("openAdapter()", () => {
  it.each([
    [
      "lora_kohya",
      sdxl,
      /"lora_kohya" with "sdxl": its ".*attn2_to_k" has down \[4,24\].*for a model whose text has width 24$/,
    ],
    ["lora_kohya_sdxl", sd1, /"lora_kohya_sdxl" with "sd1": its ".*attn2_to_k" has down \[2,40\].*text has width 40$/],
    ["lora_diffusers_peft", sdxl, /"lora_diffusers_peft" with "sdxl": its "text_encoder\.|has down|is in the model/],
  ])("says what %s is for when the model is another", async (file, model, message) => {
    const path = fixturePath(`adapters/${file}.safetensors`);
    const error = await openAdapter(path, model).catch((error: Error) => error);
    expect((error as Error).message.replace(path, file)).toMatch(message);
  });

  it("throws when the file is a checkpoint", async () => {
    const path = fixturePath("single_file/sd1_ldm.safetensors");
    await expect(openAdapter(path, sd1)).rejects.toThrow(/holds no adapter \(its tensors are ".*and \d+ more; LoRA/);
  });
});

describe("matchAdapter()", () => {
  const conv = { "lora_unet_conv_in.lora_down.weight": [2, 4, 3, 3], "lora_unet_conv_in.lora_up.weight": [8, 2, 1, 1] };

  it("leaves modules out with a note when the model lacks them", async () => {
    const extra = { "lora_unet_nowhere.lora_down.weight": [2, 4], "lora_unet_nowhere.lora_up.weight": [8, 2] };
    const { modules, notes } = matchAdapter(
      await adapter({ ...conv, ...extra, "lora_unet_conv_in.strange": [1] }),
      sd1,
    );
    expect(modules.map(({ parameter }) => parameter)).toEqual(["conv_in.weight"]);
    expect(notes).toEqual([
      '"x" has 1 modules that the model lacks, left out: "lora_unet_nowhere"',
      '"x" has 1 tensors of no known form, left out: "lora_unet_conv_in.strange"',
    ]);
  });

  it("throws with the first names when no module of a network is in the model", async () => {
    const names = ["a", "b", "c", "d"].flatMap((name) => [
      [`lora_te_${name}.lora_down.weight`, [2, 4]],
      [`lora_te_${name}.lora_up.weight`, [8, 2]],
    ]);
    const file = await adapter({ ...conv, ...Object.fromEntries(names) });
    expect(() => matchAdapter(file, sd1)).toThrow(
      /^Cannot use adapter "x" with "sd1": none of its 4 modules for the text encoder is in the model: "lora_te_a", "lora_te_b", "lora_te_c" and 1 more \(closest: "/,
    );
  });

  it.each([
    ["ranks differ", { down: [2, 4, 3, 3], up: [8, 3, 1, 1] }],
    ["the kernel differs", { down: [2, 4, 1, 1], up: [8, 2, 1, 1] }],
    ["the rank is 0", { down: [0, 4, 3, 3], up: [8, 0, 1, 1] }],
  ])("throws when %s", async (_, { down, up }) => {
    const file = await adapter({ "lora_unet_conv_in.lora_down.weight": down, "lora_unet_conv_in.lora_up.weight": up });
    expect(() => matchAdapter(file, sd1)).toThrow(
      `Cannot use adapter "x" with "sd1": its "lora_unet_conv_in" has down [${down}], up [${up}] (for unet "conv_in.weight" [8,4,3,3] other shapes are wanted)`,
    );
  });

  it("throws when two names are one parameter", async () => {
    const twice = { "unet.conv_in.lora_A.weight": [2, 4, 3, 3], "unet.conv_in.lora_B.weight": [8, 2, 1, 1] };
    const file = await adapter({ ...conv, ...twice });
    expect(() => matchAdapter(file, sd1)).toThrow(/its "\S+" and "\S+" are both "conv_in\.weight"$/);
  });

  it("reads a form, or throws when a value is not finite", async () => {
    const down = { dims: [2, 4, 3, 3], data: new Float32Array(72).fill(Infinity) };
    const { modules } = matchAdapter(await adapter({ ...conv, "lora_unet_conv_in.lora_down.weight": down }), sd1);
    await expect(modules[0].read()).rejects.toThrow(
      'Cannot use adapter "x": "lora_unet_conv_in.lora_down.weight" has values that are not finite',
    );
  });
});

describe("architectureOf()", () => {
  const down = (name: string, width: number) => ({
    [`${name}.lora_down.weight`]: [2, width],
    [`${name}.lora_up.weight`]: [8, 2],
  });
  const kohya = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k";
  it.each([
    [down(kohya, 768), "Stable Diffusion 1"],
    [down(kohya, 1024), "Stable Diffusion 2"],
    [down("unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k", 2048), "SDXL"],
    [down("unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.processor.to_k", 1280), "the SDXL refiner"],
    [down("lora_te2_text_model_encoder_layers_0_mlp_fc1", 1280), "SDXL"],
    [down("lora_unet_double_blocks_0_img_attn_proj", 3072), "Flux"],
    [down("transformer.transformer_blocks.0.attn.to_q", 1536), "Stable Diffusion 3 or its kin"],
    [down("lora_te_text_model_encoder_layers_0_mlp_fc1", 768), undefined],
  ])("is read off names and widths", async (fields, name) => {
    expect(architectureOf(await adapter(fields))).toBe(name);
  });
});
