import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseOptions } from "../pipelines/options.ts";
import { readSettings } from "./read-settings.ts";

const read = (texts: Record<string, string>) => {
  const found = readSettings(texts)!;
  expect(() => parseOptions(found.options)).not.toThrow();
  return found;
};

describe("readSettings()", () => {
  it("readSettings() reads invokeai_metadata", () => {
    const metadata = {
      app_version: "5.0.0",
      generation_mode: "sdxl_txt2img",
      positive_prompt: "a fox",
      negative_prompt: "",
      positive_style_prompt: "painting",
      width: 1024,
      height: 1024,
      seed: 7,
      rand_device: "cpu",
      cfg_scale: 5.5,
      cfg_rescale_multiplier: 0,
      steps: 30,
      scheduler: "dpmpp_2m_sde_k",
      clip_skip: 0,
      seamless_x: true,
      model: { key: "x", hash: "blake3:1", name: "sdxl base", base: "sdxl", type: "main" },
      loras: [{ model: { name: "paint" }, weight: 0.75 }],
      controlnets: [],
      ipAdapters: [{ image: 1 }],
    };
    expect(read({ invokeai_metadata: JSON.stringify(metadata) })).toMatchObject({
      software: "InvokeAI 5.0.0",
      options: {
        compat: "diffusers",
        prompt: "a fox",
        prompt2: "painting",
        steps: 30,
        guidanceScale: 5.5,
        seed: 7,
        width: 1024,
        tiling: "x",
        scheduler: {
          _class_name: "DPMSolverMultistepScheduler",
          algorithm_type: "sde-dpmsolver++",
          use_karras_sigmas: true,
          timestep_spacing: "leading",
        },
      },
      model: { name: "sdxl base" },
      networks: ["<lora:paint:0.75>"],
      notReproduced: ['ipAdapters: [{"image":1}]'],
    });
  });

  it("readSettings() reads sd-metadata and Dream", () => {
    const image = {
      prompt: [{ prompt: "a fox [ugly]", weight: 1 }],
      steps: 50,
      cfg_scale: 7.5,
      width: 512,
      height: 512,
      seed: 3,
      sampler: "k_euler_a",
      threshold: 0,
      hires_fix: true,
      type: "txt2img",
    };
    const version2 = {
      model_weights: "stable-diffusion-1.5",
      model_hash: "cc6cb27103417325",
      app_version: "v2.3.0",
      image,
    };
    expect(read({ "sd-metadata": JSON.stringify(version2), Dream: '"x"' })).toMatchObject({
      options: { prompt: "a fox", negativePrompt: "ugly", sampler: "euler_ancestral", steps: 50, seed: 3 },
      model: { name: "stable-diffusion-1.5", hash: "cc6cb27103" },
      notReproduced: ["hires_fix: true"],
    });
    expect(read({ Dream: '"a \\"red\\" fox" -s 50 -S 42 -W512 -H 512 -C 7.5 -A k_lms -G 0.8' })).toMatchObject({
      options: {
        prompt: 'a "red" fox',
        steps: 50,
        seed: 42,
        width: 512,
        height: 512,
        guidanceScale: 7.5,
        sampler: "lms",
      },
      notReproduced: ["-G 0.8"],
    });
  });

  it("readSettings() reads NovelAI's Comment, with its brackets as weights", () => {
    const Comment = JSON.stringify({
      steps: 28,
      sampler: "k_dpmpp_2m",
      seed: 11,
      scale: 6,
      uc: "[bad]",
      width: 832,
      height: 1216,
      noise_schedule: "karras",
      sm: true,
    });
    const Description = "{{fox}}, (snow)";
    expect(read({ Software: "NovelAI", Source: "Stable Diffusion XL 9CC2F394", Description, Comment })).toMatchObject({
      software: "NovelAI",
      options: {
        prompt: "((fox:1.05):1.05), \\(snow\\)",
        negativePrompt: "(bad:0.952)",
        sampler: "dpmpp_2m",
        schedule: "karras",
        steps: 28,
        seed: 11,
        width: 832,
      },
      notReproduced: ["sm: true"],
    });
  });

  it("readSettings() reads Fooocus's own scheme", () => {
    const parameters = JSON.stringify({
      base_model: "juggernautXL",
      base_model_hash: "aeb7e9e689",
      guidance_scale: 4,
      prompt: "fox",
      full_prompt: ["cinematic fox", "sharp"],
      negative_prompt: "",
      resolution: "(1152, 896)",
      sampler: "dpmpp_2m_sde_gpu",
      scheduler: "karras",
      seed: "12345",
      sharpness: 2,
      steps: 30,
      loras: [["offset.safetensors", 0.1, "4852686128"]],
      refiner_model: "None",
      version: "Fooocus v2.5.0",
    });
    expect(read({ parameters, fooocus_scheme: "fooocus" })).toMatchObject({
      software: "Fooocus v2.5.0",
      options: { prompt: "cinematic fox, sharp", width: 1152, height: 896, sampler: "dpmpp_2m_sde", seed: 12345 },
      model: { name: "juggernautXL", hash: "aeb7e9e689" },
      networks: ["<lora:offset:0.1>"],
      notReproduced: ["sharpness: 2"],
    });
  });

  it("readSettings() reads a graph in a user comment", () => {
    const nodes = {
      1: {
        class_type: "KSampler",
        inputs: {
          seed: 1,
          steps: 2,
          cfg: 3,
          sampler_name: "euler",
          scheduler: "simple",
          denoise: 1,
          latent_image: ["2", 0],
        },
      },
      2: { class_type: "EmptyLatentImage", inputs: { width: 64, height: 64 } },
    };
    for (const parameters of [nodes, { prompt: nodes, extra: 1 }, { prompt: JSON.stringify(nodes) }])
      expect(read({ parameters: JSON.stringify(parameters) }).options).toMatchObject({ steps: 2, schedule: "simple" });
  });

  it("readSettings() is undefined when the texts say nothing of a picture", () => {
    expect(readSettings({})).toBeUndefined();
    expect(readSettings({ parameters: "hello", Comment: "{}", prompt: "x", __proto__: "x" })).toBeUndefined();
  });

  it("readSettings() never throws, whatever the texts are", () => {
    const names = ["prompt", "workflow", "parameters", "Comment", "invokeai_metadata", "sd-metadata", "Dream"];
    const keys = fc.constantFrom(
      ..."positive_prompt,seed,scheduler,model,loras,image,prompt,base_model,steps,uc,scale,sampler,resolution,strength".split(
        ",",
      ),
    );
    const object = fc.dictionary(keys, fc.jsonValue()).map((value) => JSON.stringify(value));
    const command = fc.string().map((text) => `"a" -${text}`);
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.json(), object, command);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), text), (texts) => {
        for (const name of names) void readSettings({ Software: "NovelAI", [name]: texts[name] ?? "" });
        void readSettings(texts);
      }),
      { numRuns: 300 },
    );
    for (const long of [
      "[".repeat(1e6),
      '{"a":'.repeat(2e5),
      `"${"\\".repeat(1e6)}`,
      "(".repeat(1e6),
      `"${"a".repeat(1e6)}"`,
      "-a ".repeat(3e5),
    ])
      for (const name of names) void readSettings({ Software: "NovelAI", [name]: long });
  });
});
