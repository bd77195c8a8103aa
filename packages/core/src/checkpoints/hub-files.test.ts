import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HubError } from "./hub-error.ts";
import { chooseFiles, parseModelIndex } from "./hub-files.ts";

const repository = "owner/name";
const index = (components: Record<string, unknown>) => parseModelIndex(JSON.stringify(components), "model_index.json");
const sd1 = index({
  _class_name: "StableDiffusionPipeline",
  _diffusers_version: "0.6.0",
  requires_safety_checker: true,
  feature_extractor: ["transformers", "CLIPFeatureExtractor"],
  safety_checker: ["stable_diffusion", "StableDiffusionSafetyChecker"],
  image_encoder: [null, null],
  scheduler: ["diffusers", "PNDMScheduler"],
  text_encoder: ["transformers", "CLIPTextModel"],
  tokenizer: ["transformers", "CLIPTokenizer"],
  unet: ["diffusers", "UNet2DConditionModel"],
  vae: ["diffusers", "AutoencoderKL"],
});

// The shape of the published Stable Diffusion 1.5 repository.
const sd1Paths = [
  ".gitattributes",
  "README.md",
  "model_index.json",
  "v1-5-pruned.ckpt",
  "v1-5-pruned.safetensors",
  "feature_extractor/preprocessor_config.json",
  ...[
    "config.json",
    "model.safetensors",
    "model.fp16.safetensors",
    "pytorch_model.bin",
    "flax_model.msgpack",
    "openvino_model.bin",
    "model.onnx",
  ].flatMap((name) => [`safety_checker/${name}`, `text_encoder/${name}`]),
  "scheduler/scheduler_config.json",
  "tokenizer/merges.txt",
  "tokenizer/special_tokens_map.json",
  "tokenizer/tokenizer_config.json",
  "tokenizer/vocab.json",
  "tokenizer/tokenizer.json",
  ...[
    "config.json",
    "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model.fp16.safetensors",
    "diffusion_pytorch_model.non_ema.safetensors",
    "diffusion_pytorch_model.bin",
    "diffusion_pytorch_model.fp16.bin",
    "diffusion_flax_model.msgpack",
  ].map((name) => `unet/${name}`),
  "vae/config.json",
  "vae/diffusion_pytorch_model.fp16.safetensors",
  "vae/diffusion_pytorch_model.fp16.bin",
  "vae/diffusion_pytorch_model.bin",
];
const sd1Configs = [
  "model_index.json",
  "scheduler/scheduler_config.json",
  "text_encoder/config.json",
  "tokenizer/vocab.json",
  "tokenizer/merges.txt",
  "tokenizer/tokenizer_config.json",
  "tokenizer/special_tokens_map.json",
  "unet/config.json",
  "vae/config.json",
];
const weightsOf = (files: readonly string[]) => files.filter((path) => /\.(safetensors|bin|index.*json)$/.test(path));
const unetOnly = (names: string[], variant?: string) =>
  chooseFiles(
    names.map((name) => `unet/${name}`),
    { repository, variant, modelIndex: index({ unet: ["diffusers", "UNet2DConditionModel"] }) },
  );

describe("chooseFiles()", () => {
  it("chooseFiles() takes the configs and one safetensors form of each component when the repository holds many", () => {
    const { files, entry, exact } = chooseFiles(sd1Paths, { repository, modelIndex: sd1 });
    expect(files.filter((path) => !weightsOf([path]).length).sort()).toEqual(sd1Configs.sort());
    // The vae has fp16 safetensors only: taken although fp16 was not asked for, and said to be inexact.
    expect(weightsOf(files)).toEqual([
      "text_encoder/model.safetensors",
      "unet/diffusion_pytorch_model.safetensors",
      "vae/diffusion_pytorch_model.fp16.safetensors",
    ]);
    expect({ entry, exact }).toEqual({ entry: "", exact: false });
  });

  it("chooseFiles() takes the upscaler that the model asks for, and throws when the repository lacks it", () => {
    const path = "upscaler/x4.safetensors";
    const modelIndex = index({ unet: ["diffusers", "UNet2DConditionModel"], _noisette: { upscaler: path } });
    const paths = ["unet/config.json", "unet/diffusion_pytorch_model.safetensors"];
    expect(chooseFiles([...paths, path], { repository, modelIndex }).files.toSorted()).toEqual(
      [...paths, path].toSorted(),
    );
    expect(() => chooseFiles(paths, { repository, modelIndex })).toThrow(`no "${path}", its upscaler`);
  });

  it("chooseFiles() prefers a variant when it is asked for", () => {
    const choice = chooseFiles(sd1Paths, { repository, modelIndex: sd1, variant: "fp16" });
    expect(weightsOf(choice.files)).toEqual([
      "text_encoder/model.fp16.safetensors",
      "unet/diffusion_pytorch_model.fp16.safetensors",
      "vae/diffusion_pytorch_model.fp16.safetensors",
    ]);
    expect(choice.exact).toBe(true);
    expect(
      weightsOf(unetOnly(["diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.bin"], "fp16").files),
    ).toEqual(["unet/diffusion_pytorch_model.safetensors"]);
  });

  it.each([
    [["diffusion_pytorch_model.bin", "diffusion_pytorch_model.fp16.bin"], ["diffusion_pytorch_model.bin"]],
    [
      ["diffusion_pytorch_model.non_ema.safetensors", "diffusion_pytorch_model.fp16.safetensors"],
      ["diffusion_pytorch_model.fp16.safetensors"],
    ],
    [
      [
        "diffusion_pytorch_model-00002-of-00002.safetensors",
        "diffusion_pytorch_model-00001-of-00002.safetensors",
        "diffusion_pytorch_model.safetensors.index.json",
        "diffusion_pytorch_model.bin",
      ],
      [
        "diffusion_pytorch_model.safetensors.index.json",
        "diffusion_pytorch_model-00001-of-00002.safetensors",
        "diffusion_pytorch_model-00002-of-00002.safetensors",
      ],
    ],
    [
      // shards of which one is missing are no weights
      [
        "diffusion_pytorch_model-00002-of-00002.safetensors",
        "diffusion_pytorch_model.safetensors.index.json",
        "diffusion_pytorch_model.bin",
      ],
      ["diffusion_pytorch_model.bin"],
    ],
    [
      ["model.fp16-00001-of-00001.safetensors", "model.safetensors.index.fp16.json"],
      ["model.safetensors.index.fp16.json", "model.fp16-00001-of-00001.safetensors"],
    ],
    [
      [
        "diffusion_pytorch_model-00001-of-00001.fp16.safetensors",
        "diffusion_pytorch_model.fp16.safetensors.index.json",
      ],
      [
        "diffusion_pytorch_model.fp16.safetensors.index.json",
        "diffusion_pytorch_model-00001-of-00001.fp16.safetensors",
      ],
    ],
  ])("chooseFiles() takes one complete form when a component holds %j", (names, expected) => {
    expect(unetOnly([...names]).files).toEqual(expected.map((name) => `unet/${name}`));
  });

  it("chooseFiles() names the component and what it holds when weights or a vocabulary are missing", () => {
    expect(() => unetOnly(["config.json", "diffusion_flax_model.msgpack"])).toThrow(
      'Cannot use "owner/name": no weights (safetensors or torch) in "unet" (it holds: "config.json", "diffusion_flax_model.msgpack")',
    );
    const modelIndex = index({ tokenizer: ["transformers", "CLIPTokenizer"] });
    expect(() => chooseFiles(["tokenizer/merges.txt"], { repository, modelIndex })).toThrow(
      'no vocabulary in "tokenizer"',
    );
  });

  it("chooseFiles() takes the root folder as one network when it has config.json and weights", () => {
    const paths = ["README.md", "config.json", "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin"];
    const choice = chooseFiles(paths, { repository });
    expect(choice).toEqual({ files: ["config.json", "diffusion_pytorch_model.safetensors"], entry: "", exact: true });
  });

  it("chooseFiles() takes the only checkpoint when there is no index, counting x.ckpt and x.safetensors as one", () => {
    const choice = chooseFiles(["README.md", "x.ckpt", "x.safetensors", "optimizer.bin", "sub/y.ckpt"], { repository });
    expect(choice).toEqual({ files: ["x.safetensors"], entry: "x.safetensors", exact: true });
  });

  it("chooseFiles() lists the checkpoints when there are several, and the files when there is none", () => {
    expect(() => chooseFiles(["a.ckpt", "b.safetensors"], { repository })).toThrow(
      'Cannot choose from "owner/name": it holds "a.ckpt", "b.safetensors" (one is wanted, as in "owner/name/a.ckpt")',
    );
    expect(() => chooseFiles(["README.md"], { repository })).toThrow("it holds no model (model_index.json,");
  });

  it("chooseFiles() chooses among the given paths or throws HubError when they are arbitrary", () => {
    const name = fc.oneof(fc.constantFrom(...sd1Paths), fc.string());
    const component = fc.tuple(
      fc.oneof(fc.constantFrom("unet", "vae", ".."), fc.string()),
      fc.constantFrom("UNet2DModel", "CLIPTokenizer", "DDIMScheduler"),
    );
    fc.assert(
      fc.property(fc.uniqueArray(name), fc.option(fc.array(component, { maxLength: 3 })), (paths, components) => {
        const modelIndex = components ? { components: new Map(components) } : undefined;
        try {
          const { files, entry } = chooseFiles(paths, { repository, modelIndex });
          expect(files.filter((path) => !paths.includes(path))).toEqual([]);
          expect(entry === "" || files.includes(entry)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(HubError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
