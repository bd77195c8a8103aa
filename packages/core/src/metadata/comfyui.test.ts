import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseOptions } from "../pipelines/options.ts";
import { readComfyui } from "./comfyui.ts";
import { comfyuiSampler, comfyuiSchedule } from "./names.ts";

type Nodes = Record<string, readonly [type: string, inputs: object]>;
const graph = (nodes: Nodes) =>
  JSON.stringify(
    Object.fromEntries(Object.entries(nodes).map(([id, [class_type, inputs]]) => [id, { class_type, inputs }])),
  );
const read = (nodes: Nodes) => {
  const found = readComfyui(graph(nodes))!;
  expect(() => parseOptions(found.options)).not.toThrow();
  return found;
};

const textToImage: Nodes = {
  3: [
    "KSampler",
    {
      seed: 156680208700286,
      steps: 20,
      cfg: 8,
      sampler_name: "euler",
      scheduler: "normal",
      denoise: 1,
      model: ["4", 0],
      positive: ["6", 0],
      negative: ["7", 0],
      latent_image: ["5", 0],
    },
  ],
  4: ["CheckpointLoaderSimple", { ckpt_name: "v1-5-pruned-emaonly.safetensors" }],
  5: ["EmptyLatentImage", { width: 512, height: 768, batch_size: 1 }],
  6: ["CLIPTextEncode", { text: "a fox, [red]", clip: ["4", 1] }],
  7: ["CLIPTextEncode", { text: "text, watermark", clip: ["4", 1] }],
  8: ["VAEDecode", { samples: ["3", 0], vae: ["4", 2] }],
  9: ["SaveImage", { filename_prefix: "ComfyUI", images: ["8", 0] }],
};
const plain = {
  compat: "comfyui",
  prompt: "a fox, [red]",
  negativePrompt: "text, watermark",
  seed: 156680208700286,
  steps: 20,
  guidanceScale: 8,
  sampler: "euler",
  schedule: "normal",
  width: 512,
  height: 768,
};

describe("readComfyui()", () => {
  it("readComfyui() reads the graph that ComfyUI begins with", () => {
    expect(read(textToImage)).toEqual({
      software: "ComfyUI",
      options: plain,
      model: { name: "v1-5-pruned-emaonly.safetensors" },
      networks: [],
      notReproduced: [],
    });
  });

  it("readComfyui() reads the page's graph when there is only that: reroutes, values from elsewhere, bypassed and muted nodes", () => {
    const found = readComfyui(`{
      "last_node_id": 20, "extra": {"scale": NaN}, "version": 0.4,
      "nodes": [
        {"id": 3, "type": "KSampler", "mode": 0, "inputs": [{"name": "model", "type": "MODEL", "link": 14}, {"name": "positive", "type": "CONDITIONING", "link": 4}, {"name": "negative", "type": "CONDITIONING", "link": 6}, {"name": "latent_image", "type": "LATENT", "link": 2}, {"name": "seed", "type": "INT", "link": 15, "widget": {"name": "seed"}}], "outputs": [{"name": "LATENT", "type": "LATENT"}], "widgets_values": [1, "randomize", 20, 8, "dpmpp_2m_sde", "karras", 1]},
        {"id": 4, "type": "CheckpointLoaderSimple", "mode": 0, "inputs": [], "widgets_values": ["a.safetensors"]},
        {"id": 5, "type": "EmptyLatentImage", "mode": 0, "inputs": [], "widgets_values": [512, 768, 1]},
        {"id": 6, "type": "CLIPTextEncode", "mode": 0, "inputs": [{"name": "clip", "type": "CLIP", "link": 3}], "widgets_values": ["a fox"]},
        {"id": 7, "type": "CLIPTextEncode", "mode": 0, "inputs": [{"name": "clip", "type": "CLIP", "link": 5}], "widgets_values": ["text"]},
        {"id": 8, "type": "VAEDecode", "mode": 0, "inputs": [{"name": "samples", "type": "LATENT", "link": 7}, {"name": "vae", "type": "VAE", "link": 8}]},
        {"id": 9, "type": "SaveImage", "mode": 0, "inputs": [{"name": "images", "type": "IMAGE", "link": 9}], "widgets_values": ["x"]},
        {"id": 10, "type": "LoraLoader", "mode": 4, "inputs": [{"name": "model", "type": "MODEL", "link": 1}, {"name": "clip", "type": "CLIP", "link": 11}], "outputs": [{"type": "MODEL"}, {"type": "CLIP"}], "widgets_values": ["off.safetensors", 1, 1]},
        {"id": 11, "type": "Reroute", "mode": 0, "inputs": [{"name": "", "type": "*", "link": 10}], "outputs": [{"type": "MODEL"}]},
        {"id": 12, "type": "PrimitiveNode", "mode": 0, "inputs": [], "outputs": [{"type": "INT"}], "widgets_values": [42, "fixed"]},
        {"id": 13, "type": "PreviewImage", "mode": 2, "inputs": [{"name": "images", "type": "IMAGE", "link": 9}]}
      ],
      "links": [[1, 4, 0, 10, 0, "MODEL"], [2, 5, 0, 3, 3, "LATENT"], [3, 4, 1, 6, 0, "CLIP"], [4, 6, 0, 3, 1, "CONDITIONING"], [5, 4, 1, 7, 0, "CLIP"], [6, 7, 0, 3, 2, "CONDITIONING"], [7, 3, 0, 8, 0, "LATENT"], [8, 4, 2, 8, 1, "VAE"], [9, 8, 0, 9, 0, "IMAGE"], [10, 10, 0, 11, 0, "MODEL"], [11, 4, 1, 10, 1, "CLIP"], [14, 11, 0, 3, 0, "MODEL"], [15, 12, 0, 3, 4, "INT"]]
    }`)!;
    expect(found).toMatchObject({
      options: {
        ...plain,
        prompt: "a fox",
        negativePrompt: "text",
        seed: 42,
        sampler: "dpmpp_2m_sde",
        schedule: "karras",
        stepRng: "cpu",
      },
      model: { name: "a.safetensors" },
      networks: [],
      notReproduced: [],
    });
  });

  it("readComfyui() takes the low 32 bits of a seed when it is longer than a number", () => {
    const seeded = (seed: string, sampler: string) =>
      readComfyui(graph(textToImage).replace("156680208700286", seed).replace("euler", sampler))!;
    expect(seeded("18446744073709551615", "euler")).toMatchObject({
      options: { seed: 2 ** 32 - 1 },
      notReproduced: [],
    });
    expect(seeded("18446744073709551615", "euler_ancestral").notReproduced).toEqual([
      "seed: 18446744073709551615, in the noise that its sampler adds",
    ]);
  });

  it("readComfyui() reads LoRAs, clip skip and changes of the model on the way", () => {
    const { options, networks, notReproduced } = read({
      ...textToImage,
      3: ["KSampler", { ...textToImage[3][1], model: ["12", 0] }],
      6: ["CLIPTextEncode", { text: ["14", 0], clip: ["11", 0] }],
      10: [
        "LoraLoader",
        {
          lora_name: "sub/paint.safetensors",
          strength_model: 0.8,
          strength_clip: 0.5,
          model: ["4", 0],
          clip: ["4", 1],
        },
      ],
      11: ["CLIPSetLastLayer", { stop_at_clip_layer: -2, clip: ["10", 1] }],
      12: ["RescaleCFG", { multiplier: 0.7, model: ["13", 0] }],
      13: ["TomePatchModel", { ratio: 0.3, model: ["15", 0] }],
      14: ["StringConcatenate", { string_a: "a", string_b: ["16", 0], delimiter: " " }],
      15: ["FreeU", { b1: 1.5, b2: 1.6, s1: 0.9, s2: 0.2, model: ["10", 0] }],
      16: ["PrimitiveString", { value: "fox" }],
    });
    expect(options).toMatchObject({ prompt: "a fox", clipSkip: 2, guidanceRescale: 0.7, freeu: [1.5, 1.6, 0.9, 0.2] });
    expect(networks).toEqual(["<lora:paint:0.5:0.8>"]);
    expect(notReproduced).toEqual(["node 13, TomePatchModel"]);
  });

  it("readComfyui() reads image to image, and inpainting", () => {
    const start: Nodes = {
      ...textToImage,
      3: ["KSampler", { ...textToImage[3][1], denoise: 0.6, latent_image: ["5", 0] }],
      5: ["VAEEncode", { pixels: ["10", 0], vae: ["4", 2] }],
      10: ["ImageScale", { image: ["11", 0], upscale_method: "lanczos", width: 640, height: 512, crop: "center" }],
      11: ["LoadImage", { image: "example.png" }],
    };
    expect(read(start)).toMatchObject({
      options: { strength: 0.6, width: 640, height: 512, fit: "crop" },
      init: 'the picture "example.png"',
      notReproduced: [],
    });
    const painted = read({
      ...start,
      5: ["VAEEncodeForInpaint", { pixels: ["11", 0], vae: ["4", 2], mask: ["11", 1], grow_mask_by: 6 }],
    });
    expect(painted).toMatchObject({ mask: "a mask", options: { maskGrow: 6 } });
  });

  it("readComfyui() reads a second pass over enlarged latents as a hires fix", () => {
    const second = {
      ...textToImage[3][1],
      denoise: 0.5,
      steps: 14,
      sampler_name: "dpmpp_2m",
      latent_image: ["21", 0],
      positive: ["23", 0],
    };
    const hires: Nodes = {
      ...textToImage,
      8: ["VAEDecode", { samples: ["20", 0], vae: ["4", 2] }],
      20: ["KSampler", second],
      21: [
        "LatentUpscale",
        { samples: ["3", 0], upscale_method: "nearest-exact", width: 1024, height: 1536, crop: "disabled" },
      ],
      23: ["CLIPTextEncode", { text: "more fox", clip: ["4", 1] }],
    };
    expect(read(hires)).toMatchObject({
      options: {
        ...plain,
        hiresScale: 2,
        hiresUpscaler: "latent-nearest-exact",
        hiresStrength: 0.5,
        hiresSteps: 14,
        hiresSampler: "dpmpp_2m",
        hiresPrompt: "more fox",
      },
      notReproduced: [],
    });
    const network = read({
      ...hires,
      21: ["VAEEncode", { pixels: ["24", 0] }],
      24: ["ImageScaleBy", { image: ["25", 0], upscale_method: "lanczos", scale_by: 0.5 }],
      25: ["ImageUpscaleWithModel", { upscale_model: ["26", 0], image: ["27", 0] }],
      26: ["UpscaleModelLoader", { model_name: "4x-UltraSharp.pth" }],
      27: ["VAEDecode", { samples: ["3", 0] }],
    });
    expect(network.options).toMatchObject({ hiresScale: 2, hiresUpscaler: "lanczos" });
    expect(network.notReproduced).toEqual(["its upscaler: 4x-UltraSharp.pth (lanczos is taken in its place)"]);
  });

  const advanced = { noise_seed: 5, steps: 25, cfg: 8, sampler_name: "euler", scheduler: "normal" };
  const sdxl: Nodes = {
    4: ["CheckpointLoaderSimple", { ckpt_name: "sd_xl_base_1.0.safetensors" }],
    12: ["CheckpointLoaderSimple", { ckpt_name: "sd_xl_refiner_1.0.safetensors" }],
    5: ["EmptyLatentImage", { width: 1024, height: 1024, batch_size: 2 }],
    6: [
      "CLIPTextEncodeSDXL",
      {
        width: 4096,
        height: 2048,
        crop_w: 1,
        crop_h: 2,
        target_width: 1024,
        target_height: 512,
        text_g: "a big fox",
        text_l: "a fox",
        clip: ["4", 1],
      },
    ],
    7: ["ConditioningZeroOut", { conditioning: ["6", 0] }],
    15: ["CLIPTextEncodeSDXLRefiner", { ascore: 7, width: 1024, height: 1024, text: "a fox", clip: ["12", 1] }],
    10: [
      "KSamplerAdvanced",
      {
        ...advanced,
        add_noise: "enable",
        start_at_step: 0,
        end_at_step: 20,
        return_with_leftover_noise: "enable",
        model: ["4", 0],
        positive: ["6", 0],
        negative: ["7", 0],
        latent_image: ["5", 0],
      },
    ],
    11: [
      "KSamplerAdvanced",
      {
        ...advanced,
        add_noise: "disable",
        start_at_step: 20,
        end_at_step: 10000,
        return_with_leftover_noise: "disable",
        model: ["12", 0],
        positive: ["15", 0],
        negative: ["15", 0],
        latent_image: ["10", 0],
      },
    ],
    17: ["VAEDecode", { samples: ["11", 0] }],
    19: ["SaveImage", { images: ["17", 0] }],
  };

  it("readComfyui() reads SDXL's base and refiner", () => {
    expect(read(sdxl)).toMatchObject({
      options: {
        prompt: "a fox",
        prompt2: "a big fox",
        emptyNegative: "zeros",
        originalSize: [2048, 4096],
        cropTopLeft: [2, 1],
        targetSize: [512, 1024],
        steps: 25,
        refinerAt: 0.8,
        aestheticScore: 7,
        negativeAestheticScore: 7,
        count: 2,
      },
      model: { name: "sd_xl_base_1.0.safetensors" },
      refiner: { name: "sd_xl_refiner_1.0.safetensors" },
      notReproduced: ["which picture of its batch of 2 it is: all are made"],
    });
  });

  it("readComfyui() reads two samplers as one run when the second goes on with the first one's steps", () => {
    const found = read({ ...sdxl, 11: ["KSamplerAdvanced", { ...sdxl[11][1], model: ["4", 0] }] });
    expect(found.refiner).toBeUndefined();
    expect(found.options.steps).toBe(25);
  });

  const custom: Nodes = {
    ...textToImage,
    3: [
      "SamplerCustomAdvanced",
      { noise: ["30", 0], guider: ["31", 0], sampler: ["32", 0], sigmas: ["33", 0], latent_image: ["5", 0] },
    ],
    30: ["RandomNoise", { noise_seed: 9 }],
    31: ["CFGGuider", { cfg: 4, model: ["4", 0], positive: ["6", 0], negative: ["7", 0] }],
    32: ["KSamplerSelect", { sampler_name: "res_multistep" }],
    33: ["BasicScheduler", { scheduler: "beta", steps: 12, denoise: 1, model: ["4", 0] }],
  };

  it("readComfyui() reads samplers whose parts are nodes", () => {
    expect(read(custom)).toMatchObject({
      options: { seed: 9, steps: 12, guidanceScale: 4, sampler: "res_multistep", schedule: "beta_timesteps" },
      notReproduced: [],
    });
    const other = read({
      ...custom,
      32: ["SamplerDPMPP_2M_SDE", { solver_type: "heun", eta: 0.7, s_noise: 1.1, noise_device: "gpu" }],
      33: ["KarrasScheduler", { steps: 3, sigma_max: 8, sigma_min: 1, rho: 1 }],
    });
    expect(other.options).toMatchObject({
      sampler: "dpmpp_2m_sde_heun",
      eta: 0.7,
      stepRng: "philox",
      sigmas: [8, 4.5, 1, 0],
    });
    expect(other.options.schedule).toBeUndefined();
    expect(other.notReproduced).toEqual(["SamplerDPMPP_2M_SDE, s_noise: 1.1"]);
    const gits = read({ ...custom, 33: ["GITSScheduler", { coeff: 0.9500000000000001, steps: 10, denoise: 1 }] });
    expect(gits.options).toMatchObject({ steps: 10, schedule: "gits", scheduleSettings: { coefficient: 0.95 } });
    const turbo = read({ ...custom, 33: ["SDTurboScheduler", { steps: 1, denoise: 1, model: ["4", 0] }] });
    expect(turbo.options).toMatchObject({ steps: 1, schedule: "turbo" });
    const single = read({
      ...custom,
      3: [
        "SamplerCustom",
        {
          add_noise: true,
          noise_seed: 3,
          cfg: 2,
          model: ["4", 0],
          positive: ["6", 0],
          negative: ["7", 0],
          sampler: ["32", 0],
          sigmas: ["33", 0],
          latent_image: ["5", 0],
        },
      ],
    });
    expect(single.options).toMatchObject({ seed: 3, guidanceScale: 2, steps: 12 });
  });

  it("readComfyui() names what it does not know, and takes the rest", () => {
    const found = read({
      ...textToImage,
      3: ["KSampler", { ...textToImage[3][1], positive: ["20", 0], negative: ["20", 1], sampler_name: "mystery" }],
      9: ["SaveImage", { images: ["10", 0] }],
      10: ["FaceDetailer", { image: ["8", 0] }],
      20: ["ControlNetApplyAdvanced", { positive: ["6", 0], negative: ["7", 0], strength: 1 }],
    });
    expect(found.options).toMatchObject({ prompt: "a fox, [red]", negativePrompt: "text, watermark" });
    expect(found.notReproduced).toEqual([
      "sampler_name: mystery",
      "node 20, ControlNetApplyAdvanced",
      "node 10, FaceDetailer",
    ]);
  });

  it.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["no graph", '{"a":1}'],
    ["without a sampler", graph({ 1: ["SaveImage", { images: ["2", 0] }], 2: ["LoadImage", { image: "a" }] })],
    ["empty", '{"nodes":[]}'],
    ["deep", "[".repeat(1e5)],
    ["a deep object", '{"a":'.repeat(1e5)],
  ])("readComfyui() is undefined when the text is %s", (_, text) => {
    expect(readComfyui(text)).toBeUndefined();
  });

  it("readComfyui() comes to an end and never throws when nodes are linked at random, in circles too", () => {
    const types = [
      ...new Set(
        [...Object.values(textToImage), ...Object.values(sdxl), ...Object.values(custom)].map(([type]) => type),
      ),
      "Reroute",
      "LoraLoader",
      "ConditioningAverage",
      "LatentUpscaleBy",
      "StringConcatenate",
      "SplitSigmas",
      "Other",
    ];
    const names = [
      ..."model,positive,negative,latent_image,samples,images,image,pixels,clip,conditioning,conditioning_to,conditioning_from".split(
        ",",
      ),
      ..."sampler,sigmas,guider,noise,text,seed,steps,string_a,string_b,width,scale_by,__proto__".split(","),
    ];
    const id = fc.nat(7).map(String);
    const value = fc.oneof(
      { weight: 5, arbitrary: fc.tuple(id, fc.nat(2)) },
      fc.integer(),
      fc.string(),
      fc.constant(null),
    );
    const node = fc.record({
      class_type: fc.constantFrom(...types),
      inputs: fc.dictionary(fc.constantFrom(...names), value, { minKeys: 4 }),
    });
    fc.assert(
      fc.property(fc.dictionary(id, node, { minKeys: 4 }), (nodes) => void readComfyui(JSON.stringify(nodes))),
      { numRuns: 300 },
    );
    fc.assert(fc.property(fc.json(), (text) => void readComfyui(text)));
    fc.assert(
      fc.property(fc.array(fc.anything()), (nodes) => void readComfyui(JSON.stringify({ nodes, links: nodes }))),
    );
  });
});

describe("comfyuiSampler()", () => {
  it.each([
    ["dpmpp_3m_sde_gpu", "dpmpp_3m_sde"],
    ["uni_pc_bh2", "unipc"],
    ["euler_ancestral_cfg_pp", "euler_ancestral_cfg_pp"],
    ["res_2s", "res_2s"],
    ["constructor", undefined],
  ])("comfyuiSampler() of %s is %s", (name, id) => {
    expect(comfyuiSampler(name)).toBe(id);
  });

  it.each("normal,karras,exponential,sgm_uniform,simple,ddim_uniform,beta,linear_quadratic,kl_optimal".split(","))(
    "comfyuiSchedule() knows %s",
    (name) => {
      expect(comfyuiSchedule(name)).toBeDefined();
    },
  );
});
