import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { temporaryPath, writeWeights } from "../../../../fixtures/temporary-weights.ts";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { openCheckpoint } from "../checkpoints/open.ts";
import type { StoredTensor } from "../tensor/stored.ts";
import { matchAdapter, openAdapter, readForm } from "./match-adapter.ts";
import { adapterOf, readAdapter } from "./read-adapter.ts";

const sd1 = await openCheckpoint(fixturePath("models/sd1"));
const sdxl = await openCheckpoint(fixturePath("models/sdxl"));

const q = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.weight";
const out = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0.weight";
const text = "text_model.encoder.layers.1.self_attn.q_proj.weight";
const textOut = "text_model.encoder.layers.1.self_attn.out_proj.weight";
const skip = "up_blocks.0.resnets.0.conv_shortcut.weight";

/** Names that programs write for the two factors of a module, and the parameter they change. */
const spellings: readonly [string, string, string, string, typeof sd1][] = [
  ["kohya", "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.lora_down.weight", "up", q, sd1],
  [
    "kohya",
    "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_out_0.lora_down.weight",
    "up",
    out,
    sd1,
  ],
  ["kohya", "lora_te_text_model_encoder_layers_1_self_attn_q_proj.lora_down.weight", "up", text, sd1],
  ["kohya, SGM blocks", "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q.lora_down.weight", "up", q, sd1],
  ["kohya, SGM blocks", "lora_unet_output_blocks_0_0_skip_connection.lora_down.weight", "up", skip, sd1],
  ["kohya, SDXL", "lora_te1_text_model_encoder_layers_1_self_attn_q_proj.lora_down.weight", "up", text, sdxl],
  ["kohya, SDXL", "lora_te2_text_model_encoder_layers_1_self_attn_q_proj.lora_down.weight", "up", text, sdxl],
  ["LyCORIS", "lycoris_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.lora_down.weight", "up", q, sd1],
  ["diffusers, PEFT", `unet.${q.replace("weight", "lora_A.weight")}`, "B", q, sd1],
  ["diffusers, PEFT", `text_encoder.${text.replace("weight", "lora_A.weight")}`, "B", text, sd1],
  ["diffusers, PEFT", `text_encoder_2.${text.replace("weight", "lora_A.weight")}`, "B", text, sdxl],
  ["diffusers, PEFT", `unet.${q.replace("weight", "lora_A.default_0.weight")}`, "B", q, sd1],
  ["PEFT alone", `base_model.model.${q.replace("weight", "lora_A.weight")}`, "B", q, sd1],
  ["PEFT alone, text encoder", `base_model.model.${text.replace("weight", "lora_A.weight")}`, "B", text, sd1],
  [
    "transformers 5",
    `text_encoder.${text.replace("text_model.", "").replace("weight", "lora_A.weight")}`,
    "B",
    text,
    sd1,
  ],
  ["diffusers", `unet.${q.replace("weight", "lora.down.weight")}`, "up", q, sd1],
  ["diffusers, processors", `unet.${q.replace("to_q.weight", "processor.to_q_lora.down.weight")}`, "up", q, sd1],
  [
    "diffusers, processors",
    `unet.${out.replace("to_out.0.weight", "processor.to_out_lora.down.weight")}`,
    "up",
    out,
    sd1,
  ],
  ["diffusers, processors alone", q.replace("to_q.weight", "processor.to_q_lora.down.weight"), "up", q, sd1],
  [
    "diffusers, text encoder",
    `text_encoder.${text.replace("weight", "lora_linear_layer.down.weight")}`,
    "up",
    text,
    sd1,
  ],
  [
    "diffusers, text encoder",
    `text_encoder.${text.replace("q_proj.weight", "to_q_lora.down.weight")}`,
    "up",
    text,
    sd1,
  ],
  [
    "diffusers, text encoder",
    `text_encoder.${textOut.replace("out_proj.weight", "to_out_lora.down.weight")}`,
    "up",
    textOut,
    sd1,
  ],
  ["ComfyUI", "diffusion_model.input_blocks.1.1.transformer_blocks.0.attn1.to_q.lora_down.weight", "up", q, sd1],
  ["ComfyUI", `text_encoders.clip_l.transformer.${text.replace("weight", "lora_A.weight")}`, "B", text, sd1],
  ["OneTrainer", `clip_l.${text.replace("weight", "lora_down.weight")}`, "up", text, sd1],
];

describe("readAdapter()", () => {
  it.each(spellings)(
    "finds the parameter when the names are those of %s: %s",
    async (_, down, up, parameter, model) => {
      const component = /te2|encoder_2/.test(down)
        ? "textEncoder2"
        : parameter.startsWith("text")
          ? "textEncoder"
          : "unet";
      const [rows, columns, ...kernel] = model.networks[component]!.tensors.get(parameter)!.dims;
      const weights = await writeWeights(temporaryPath("x.safetensors"), {
        [down]: [2, columns, ...kernel],
        [down.replace(/lora_A|down(?=\.weight)/, (word) => (word === "lora_A" ? `lora_${up}` : up))]: [
          rows,
          2,
          ...kernel,
        ],
      });
      const { modules, notes } = matchAdapter(adapterOf(weights, { source: "x" }), model);
      expect(modules).toMatchObject([{ component, parameter, form: "lora", rank: 2 }]);
      expect(notes).toEqual([]);
    },
  );

  it("gives both parameters when a full difference has a bias", async () => {
    const weights = await writeWeights(temporaryPath("x.safetensors"), {
      "lora_unet_conv_in.diff": [8, 4, 3, 3],
      "lora_unet_conv_in.diff_b": [8],
      "lora_unet_conv_norm_out.w_norm": [8],
      "lora_unet_conv_norm_out.b_norm": [8],
    });
    const { modules } = matchAdapter(adapterOf(weights, { source: "x" }), sd1);
    expect(modules.map(({ parameter, form }) => `${parameter}: ${form}`).sort()).toEqual([
      "conv_in.bias: full",
      "conv_in.weight: full",
      "conv_norm_out.bias: full",
      "conv_norm_out.weight: full",
    ]);
  });

  it("throws when a pickle holds something else", async () => {
    await expect(readAdapter(fixturePath("adapters/ti_a1111_single.pt"))).rejects.toThrow(
      /holds no adapter \(its tensors are "/,
    );
  });

  it.each([
    [{ lora_alpha: 1 }, 0.5],
    [{ lora_alpha: 1, use_rslora: true }, 1 / Math.SQRT2],
    [{ lora_alpha: 1, alpha_pattern: { to_q: 6 } }, 3],
    [{}, 1],
  ])("takes alpha from PEFT's configuration when that is %j", async (config, scale) => {
    const folder = temporaryPath("peft");
    mkdirSync(folder);
    writeFileSync(join(folder, "adapter_config.json"), JSON.stringify({ r: 2, peft_type: "LORA", ...config }));
    const file = join(folder, "adapter_model.safetensors");
    const name = `base_model.model.${q.replace(".weight", "")}`;
    const factors = { [`${name}.lora_A.weight`]: [2, 8], [`${name}.lora_B.weight`]: [8, 2] };
    await writeWeights(file, factors);
    const { modules } = await openAdapter(file, sd1);
    expect(await modules[0].read()).toMatchObject({ kind: "lora", scale: expect.closeTo(scale, 12) });

    // diffusers writes the same into the file itself.
    const inside = Object.fromEntries(Object.entries(config).map(([key, value]) => [`unet.${key}`, value]));
    const renamed = Object.fromEntries(
      Object.entries(factors).map(([key, dims]) => [key.replace("base_model.model", "unet"), dims]),
    );
    const other = temporaryPath("x.safetensors");
    await writeWeights(other, renamed, { lora_adapter_metadata: JSON.stringify(inside) });
    const adapter = await openAdapter(other, sd1);
    expect(await adapter.modules[0].read()).toMatchObject({ kind: "lora", scale: expect.closeTo(scale, 12) });
  });

  it("throws when a module has the same part twice", async () => {
    const weights = await writeWeights(temporaryPath("x.safetensors"), {
      "unet.conv_in.lora_A.weight": [2, 4, 3, 3],
      "unet.conv_in.lora_A.other.weight": [2, 4, 3, 3],
    });
    expect(() => adapterOf(weights, { source: "x" })).toThrow(/^Cannot read "x": .* are the same part of a module$/);
  });

  it("throws an Error of ours, or gives modules, when names and shapes are arbitrary", () => {
    const ending = fc.constantFrom(
      "lora_down.weight",
      "lora_up.weight",
      "lora_mid.weight",
      "alpha",
      "dora_scale",
      "lora_magnitude_vector",
      "hada_w1_a",
      "hada_w1_b",
      "hada_w2_a",
      "hada_w2_b",
      "hada_t1",
      "hada_t2",
      "lokr_w1",
      "lokr_w1_a",
      "lokr_w1_b",
      "lokr_w2",
      "lokr_w2_a",
      "lokr_w2_b",
      "lokr_t2",

      "a1.weight",
      "a2.weight",
      "b1.weight",
      "b2.weight",
      "oft_blocks",
      "oft_diag",
      "rescale",
      "weight",
      "on_input",
      "diff",
      "diff_b",
      "w_norm",
      "b_norm",
      "",
      "constructor",
      "__proto__",
    );
    const module = fc.constantFrom(
      "lora_unet_conv_in",
      `unet.${q.replace(".weight", "")}`,
      "lora_te_x",
      "",
      "__proto__",
    );
    const entry = fc.tuple(module, ending, fc.array(fc.nat(9), { maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), (list) => {
        const tensors = new Map(
          list.map(([path, end, dims]): [string, StoredTensor] => [
            `${path}.${end}`,
            { name: `${path}.${end}`, type: "F32", dims, file: "", offset: 0, byteLength: 0 },
          ]),
        );
        try {
          const { modules } = matchAdapter(adapterOf({ tensors, metadata: {} }, { source: "x" }), sd1);
          expect(modules.length).toBeGreaterThan(0);
        } catch (error) {
          expect((error as Error).message).toMatch(/^Cannot (read|use adapter) "x"/);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("computes a change or throws an Error of ours when tensors fit by their shapes and hold any values", async () => {
    const values = fc.array(fc.float({ noNaN: false }), { minLength: 16, maxLength: 16 });
    await fc.assert(
      fc.asyncProperty(values, values, async (down, up) => {
        const weights = await writeWeights(temporaryPath("x.safetensors"), {
          "lora_unet_x.lora_down.weight": { dims: [2, 8], data: Float32Array.from(down) },
          "lora_unet_x.lora_up.weight": { dims: [8, 2], data: Float32Array.from(up) },
        });
        const { modules } = adapterOf(weights, { source: "x" });
        try {
          expect(await readForm("x", modules[0])).toMatchObject({ kind: "lora" });
          expect([...down, ...up].map(Math.fround).every(Number.isFinite)).toBe(true);
        } catch (error) {
          expect((error as Error).message).toMatch(
            /^Cannot use adapter "x": "lora_unet_x\S+" has values that are not finite/,
          );
        }
      }),
      { numRuns: 20 },
    );
  });
});
