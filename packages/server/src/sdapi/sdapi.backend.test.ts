import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Image } from "@noisette/core";
import { parseInfotext } from "@noisette/core/image/infotext";
import { readPictureText } from "@noisette/core/image/picture-file";
import { pngBytes } from "@noisette/core/image/png";
import { decodeImage } from "@noisette/core/platform/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emptyDataFolder } from "../../../../fixtures/empty-catalogue.ts";
import { connect } from "../client.ts";
import type { JobRequest } from "../schema/job-request.ts";
import { createServer } from "../server.ts";
import type { Server } from "../server.ts";

const model = fileURLToPath(new URL("../../../../fixtures/models/sd1", import.meta.url));

const upscaler = fileURLToPath(
  new URL("../../../sticker/upscaler/realesr-animevideov3-x4.safetensors", import.meta.url),
);

interface Answer {
  readonly images: string[];
  readonly parameters: Record<string, unknown>;
  readonly info: string;
}
interface Info extends Record<string, unknown> {
  readonly all_seeds: number[];
  readonly infotexts: string[];
  readonly notices: string[];
}

/** A picture of one colour. */
const plain = (side: number, value: number): Image => ({
  width: side,
  height: side,
  channels: 3,
  data: new Uint8Array(side * side * 3).fill(value),
});
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const decoded = (text: string) => decodeImage(new Uint8Array(Buffer.from(text, "base64")));

describe("/sdapi/v1 on the tiny model", () => {
  let data: string;
  let adapters: string;
  let server: Server;
  let url: string;

  const post = async (name: string, body: object) => {
    const response = await fetch(`${url}/sdapi/v1/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const get = async (name: string) => (await fetch(`${url}/sdapi/v1/${name}`)).json() as Promise<never>;
  const made = async (name: string, body: object) => {
    const { status, body: answer } = await post(name, { steps: 3, width: 64, height: 64, seed: 7, ...body });
    expect(answer, JSON.stringify(answer).slice(0, 500)).toHaveProperty("images");
    expect(status).toBe(200);
    const { images, parameters, info } = answer as Answer;
    return { images, parameters, info: JSON.parse(info) as Info };
  };

  /** The pixels of the picture that a job of ours makes. */
  async function nativePicture(options: Extract<JobRequest, { task: "generate" }>["options"], more: object = {}) {
    const client = connect(url);
    const { id } = await client.createJob({ task: "generate", options, ...more });
    for await (const event of client.watchJob(id)) {
      expect(event).not.toHaveProperty("error");
      if (event.kind !== "image") continue;
      const file = await client.imageFile(event.image.id);
      return (await decodeImage(new Uint8Array(await file.arrayBuffer()))).data;
    }
    return undefined;
  }

  beforeAll(async () => {
    data = await emptyDataFolder();
    adapters = await mkdtemp(join(tmpdir(), "noisette-adapters-"));
    await writeFile(
      join(adapters, "styles.csv"),
      'name,prompt,negative_prompt\nink,"ink drawing of {prompt}",blurry\n',
    );
    await cp(
      fileURLToPath(new URL("../../../../fixtures/models/controlnet-sd1", import.meta.url)),
      join(adapters, "lines"),
      {
        recursive: true,
      },
    );
    server = createServer({
      data,
      adapters,
      given: [{ id: "tiny", path: model }],
      upscaler: { id: "anime", path: upscaler },
      hubCache: false,
      engine: { device: "cpu", threads: 1 },
    });
    ({ url } = await server.listen({ port: 0 }));
    await server.ready();
  });
  afterAll(async () => {
    await server.close();
    await rm(data, { recursive: true, force: true });
    await rm(adapters, { recursive: true, force: true });
  });

  test("txt2img gives A1111's pictures, in its form, when sampler and schedule are named in one", async () => {
    const { images, parameters, info } = await made("txt2img", {
      prompt: "a (red:1.2) fox",
      negative_prompt: "cat",
      sampler_name: "DPM++ 2M Karras",
      batch_size: 2,
      styles: ["ink"],
      alwayson_scripts: {},
      script_name: null,
      clip_skip: 2,
    });
    expect(parameters).toMatchObject({ prompt: "a (red:1.2) fox", cfg_scale: 7, n_iter: 1, sampler_index: "Euler" });
    expect(info).toMatchObject({
      prompt: "ink drawing of a (red:1.2) fox",
      negative_prompt: "cat, blurry",
      seed: 7,
      all_seeds: [7, 8],
      all_prompts: ["ink drawing of a (red:1.2) fox", "ink drawing of a (red:1.2) fox"],
      width: 64,
      sampler_name: "DPM++ 2M",
      cfg_scale: 7,
      index_of_first_image: 0,
      extra_generation_params: { "Schedule type": "Karras" },
      styles: ["ink"],
      job_timestamp: expect.stringMatching(/^\d{14}$/),
      is_using_inpainting_conditioning: false,
    });
    expect(info.notices).toContain("not served, and let be: clip_skip");
    expect(parseInfotext(info.infotexts[1]).fields).toMatchObject({ Seed: "8", Steps: "3", Size: "64x64", RNG: "NV" });

    expect((await decoded(images[1])).data).toEqual(
      await nativePicture({
        compat: "a1111",
        prompt: "ink drawing of a (red:1.2) fox",
        negativePrompt: "cat, blurry",
        sampler: "dpmpp_2m",
        schedule: "karras",
        guidanceScale: 7,
        steps: 3,
        width: 64,
        height: 64,
        seed: 8,
      }),
    );
    const gallery = (await (await fetch(`${url}/v1/images`)).json()) as { images: unknown[] };
    expect(gallery.images).toHaveLength(1); // the native one
  });

  test("txt2img makes a second pass, variations and a grid when they are asked for", async () => {
    const { images, info } = await made("txt2img", {
      prompt: "fox",
      sampler_name: "Euler a",
      scheduler: "Automatic",
      enable_hr: true,
      hr_scale: 1.5,
      hr_upscaler: "Latent (nearest)",
      hr_second_pass_steps: 2,
      denoising_strength: 0.6,
      subseed: 3,
      subseed_strength: 0.2,
      n_iter: 2,
      save_images: true,
    });
    expect(images).toHaveLength(3);
    const [grid, first] = await Promise.all(images.map(decoded));
    expect([grid.width, grid.height, first.width]).toEqual([96, 192, 96]);
    expect(info).toMatchObject({
      all_seeds: [7, 7],
      all_subseeds: [3, 4],
      index_of_first_image: 1,
      extra_generation_params: { "Hires upscale": 1.5, "Hires steps": 2, "Hires upscaler": "Latent (nearest)" },
    });
    const gallery = (await (await fetch(`${url}/v1/images`)).json()) as { images: unknown[] };
    expect(gallery.images).toHaveLength(3);
  });

  test("img2img paints under the mask and keeps the rest when it is given one", async () => {
    const mask = plain(96, 0);
    mask.data.fill(255, 0, 3 * 96 * 48);
    const { images, parameters, info } = await made("img2img", {
      prompt: "fox",
      width: 96,
      height: 96,
      init_images: [`data:image/png;base64,${base64(await pngBytes(plain(96, 100)))}`],
      mask: base64(await pngBytes(mask)),
      mask_blur: 0,
      inpainting_fill: 1,
      inpaint_full_res: false,
      denoising_strength: 0.8,
      override_settings: { samples_format: "webp", webp_lossless: true },
    });
    const image = await decoded(images[0]);
    expect(Buffer.from(images[0], "base64").toString("latin1", 8, 12)).toBe("WEBP");
    expect(image.data.subarray(-300).every((value) => value === 100)).toBe(true);
    expect(image.data.subarray(0, 300).every((value) => value === 100)).toBe(false);
    expect(parameters).toMatchObject({ init_images: null, mask: null, resize_mode: 0 });
    expect(info).toMatchObject({ denoising_strength: 0.8, all_seeds: [7] });
    expect((await get("options")) as object).toMatchObject({ samples_format: "png" });
  });

  test("img2img makes a picture of each initial one when there are several, seeds counting up", async () => {
    const init = await Promise.all([60, 200].map(async (value) => base64(await pngBytes(plain(80, value)))));
    const { images, info } = await made("img2img", { init_images: init, resize_mode: 1, denoising_strength: 0 });
    expect(info.all_seeds).toEqual([7, 8]);
    const [dark, light] = await Promise.all(images.map(decoded));
    expect(dark.width).toBe(64);
    expect(dark.data).not.toEqual(light.data);
  });

  test("progress tells of the call, and interrupt ends it with what is finished", async () => {
    expect(await get("progress")).toMatchObject({ progress: 0, current_image: null, state: { job: "" } });
    const call = made("txt2img", { prompt: "fox", steps: 12, batch_size: 40 });
    let seen: { progress: number; current_image: string | null; state: { job_no: number; sampling_steps: number } };
    do seen = await get("progress");
    while (seen.current_image === null || seen.state.job_no === 0);
    expect(seen).toMatchObject({ state: { job_count: 40 } });
    expect(seen.progress).toBeGreaterThan(0.01);
    expect((await decoded(seen.current_image)).width).toBeGreaterThan(0);
    expect(await post("interrupt", {})).toEqual({ status: 200, body: {} });
    const { images, info } = await call;
    expect(images.length).toBeGreaterThanOrEqual(1);
    expect(images.length).toBeLessThan(40);
    expect(info.all_seeds).toEqual(images.map((_, i) => 7 + i));
  });

  test("skip leaves out the picture that is being made", async () => {
    const call = made("txt2img", { prompt: "fox", steps: 30, batch_size: 2 });
    let seen: { state: { sampling_step: number } };
    do seen = await get("progress?skip_current_image=true");
    while (seen.state.sampling_step === 0);
    expect((await post("skip", {})).status).toBe(200);
    expect((await call).info.all_seeds).toEqual([8]);
  });

  test("a unit of ControlNet makes the picture follow another", async () => {
    const guide = plain(64, 0);
    guide.data.fill(255, 0, 3 * 64 * 32);
    const file = base64(await pngBytes(guide));
    expect(await (await fetch(`${url}/controlnet/model_list`)).json()).toEqual({ model_list: ["None", "lines"] });
    const unit = { module: "canny", model: "lines [0123abcd]", image: { image: file, mask: null }, threshold_a: 50 };
    const args = [
      { ...unit, weight: 0.7, guidance_end: 0.8, control_mode: "My prompt is more important" },
      { enabled: false },
    ];
    const { images } = await made("txt2img", { prompt: "fox", alwayson_scripts: { ControlNet: { args } } });
    const expected = await nativePicture(
      { compat: "a1111", prompt: "fox", sampler: "euler", guidanceScale: 7, steps: 3, width: 64, height: 64, seed: 7 },
      {
        controls: [
          {
            network: "lines",
            image: `data:image/png;base64,${file}`,
            weight: 0.7,
            end: 0.8,
            mode: "prompt",
            annotator: "canny",
            annotatorOptions: { low: 50 },
          },
        ],
      },
    );
    expect((await decoded(images[0])).data).toEqual(expected);
  });

  test("options are changed, and refused with the closest name", async () => {
    expect(
      (await post("options", { CLIP_stop_at_last_layers: 2, sd_model_checkpoint: "tiny [0123456789]" })).status,
    ).toBe(200);
    expect(await get("options")).toMatchObject({ CLIP_stop_at_last_layers: 2, sd_model_checkpoint: "tiny" });
    const { info } = await made("txt2img", { prompt: "fox" });
    expect(parseInfotext(info.infotexts[0]).fields["Clip skip"]).toBe("2");
    await post("options", { CLIP_stop_at_last_layers: 1 });
    const wrong = await post("options", { CLIP_stop_at_last_layer: 2 });
    expect(wrong).toMatchObject({ status: 400, body: { detail: expect.stringContaining("CLIP_stop_at_last_layers") } });
  });

  test("lists have A1111's forms", async () => {
    const samplers = (await get("samplers")) as { name: string; aliases: string[]; options: object }[];
    expect(samplers.find(({ name }) => name === "DPM++ 2M")).toEqual({
      name: "DPM++ 2M",
      aliases: ["k_dpmpp_2m", "dpmpp_2m"],
      options: { scheduler: "karras" },
    });
    expect(await get("schedulers")).toContainEqual({
      name: "karras",
      label: "Karras",
      aliases: null,
      default_rho: 7,
      need_inner_model: false,
    });
    expect(await get("sd-models")).toMatchObject([{ title: "tiny", model_name: "tiny" }]);
    expect(await get("upscalers")).toMatchObject([
      { name: "None" },
      { name: "Lanczos" },
      { name: "Nearest" },
      { name: "anime" },
    ]);
    expect(await get("latent-upscale-modes")).toContainEqual({ name: "Latent (bicubic antialiased)" });
    expect(await get("prompt-styles")).toEqual([
      { name: "ink", prompt: "ink drawing of {prompt}", negative_prompt: "blurry" },
    ]);
    expect(await get("embeddings")).toEqual({ loaded: {}, skipped: {} });
    expect(await get("memory")).toHaveProperty("ram.total");
    for (const name of ["loras", "hypernetworks", "sd-vae", "face-restorers", "realesrgan-models", "extensions"])
      expect(await get(name)).toEqual([]);
  });

  test("png-info reads what txt2img wrote, and infotext makes it again", async () => {
    const first = await made("txt2img", { prompt: "a fox", seed: 11, sampler_name: "Heun", cfg_scale: 5 });
    const { body } = await post("png-info", { image: first.images[0] });
    expect(body).toMatchObject({
      info: first.info.infotexts[0],
      items: { noisette: expect.stringContaining("heun") },
      parameters: { Prompt: "a fox", Seed: "11", "Size-1": "64", "CFG scale": "5", "Clip skip": "1" },
    });
    const { body: again } = await post("txt2img", { infotext: first.info.infotexts[0] });
    expect((again as Answer).images).toEqual(first.images);
  });

  test("an extra image is enlarged by the network that is named, and leaves the gallery", async () => {
    const before = (await (await fetch(`${url}/v1/images`)).json()) as { images: unknown[] };
    const image = base64(await pngBytes(plain(16, 77), { parameters: "a text" }));
    const { body } = await post("extra-single-image", { image, upscaler_1: "anime", upscaling_resize: 3 });
    const file = new Uint8Array(Buffer.from((body as { image: string }).image, "base64"));
    expect(await decodeImage(file)).toMatchObject({ width: 48, height: 48 });
    expect(readPictureText(file)).toMatchObject({
      parameters: "a text",
      postprocessing: expect.stringContaining("anime"),
    });
    const after = (await (await fetch(`${url}/v1/images`)).json()) as { images: unknown[] };
    expect(after.images.length).toBe(before.images.length);
  });

  test("extra images are enlarged by filters, cut to a size, when no network is named", async () => {
    const picture = base64(await pngBytes(plain(20, 77), { parameters: "a text" }));
    const { body } = await post("extra-single-image", { image: picture, upscaler_1: "Lanczos", upscaling_resize: 3 });
    const { html_info: html, image } = body as { html_info: string; image: string };
    expect(html).toContain("Postprocess upscale by: 3");
    expect(await decoded(image)).toMatchObject({ width: 60, height: 60 });
    const batch = await post("extra-batch-images", {
      imageList: [{ data: picture, name: "a.png" }],
      resize_mode: 1,
      upscaling_resize_w: 40,
      upscaling_resize_h: 30,
      upscaler_1: "Nearest",
      upscaler_2: "Lanczos",
      extras_upscaler_2_visibility: 0.5,
    });
    const [cut] = (batch.body as { images: string[] }).images;
    expect(await decoded(cut)).toMatchObject({ width: 40, height: 30 });
  });

  test.each([
    ["txt2img", { sampler_name: "Eulr a" }, 400, /closest: "Euler a"/],
    ["txt2img", { scheduler: "Karas" }, 400, /scheduler "Karas"/],
    ["txt2img", { script_name: "x/y/z plot" }, 422, /Script 'x\/y\/z plot' not found/],
    ["txt2img", { alwayson_scripts: { ADetailer: { args: [] } } }, 422, /ADetailer/],
    ["txt2img", { alwayson_scripts: { controlnet: { args: [{ model: "line" }] } } }, 422, /closest: "lines"/],
    ["txt2img", { restore_faces: true }, 400, /restore_faces/],
    ["txt2img", { override_settings: { sd_vae: "other.safetensors" } }, 400, /sd_vae/],
    ["txt2img", { override_settings: { sd_model_checkpoint: "tin" } }, 422, /closest: "tiny"/],
    ["txt2img", { styles: ["oil"] }, 400, /no such style/],
    ["txt2img", { steps: 0 }, 422, /steps/],
    ["txt2img", { enable_hr: true, hr_resize_x: 128, hr_resize_y: 256 }, 400, /another shape/],
    ["img2img", {}, 404, /Init image not found/],
    ["img2img", { init_images: ["no base64!"] }, 422, /no data: URL/],
    ["img2img", { init_images: ["http://127.0.0.1/a.png"] }, 400, /addresses are not followed/],
    ["interrogate", { image: "", model: "clip" }, 404, /Cannot interrogate/],
    ["png-info", { image: "AAAA" }, 422, /Cannot/],
    ["extra-single-image", { image: "AAAA", codeformer_visibility: 1 }, 400, /restore faces/],
  ])("%s refuses %j in A1111's form", async (name, body, status, message) => {
    const answer = await post(name, { width: 64, height: 64, ...body });
    expect(answer).toMatchObject({ status, body: { errors: expect.stringMatching(message) } });
    expect(Object.keys(answer.body as object)).toEqual(["error", "detail", "body", "errors"]);
  });

  test("unload-checkpoint closes the model, reload-checkpoint opens it", async () => {
    const isLoaded = async () =>
      ((await (await fetch(`${url}/v1/models`)).json()) as { data: { isLoaded: boolean }[] }).data[0].isLoaded;
    expect((await post("unload-checkpoint", {})).status).toBe(200);
    expect(await isLoaded()).toBe(false);
    expect((await post("reload-checkpoint", {})).status).toBe(200);
    expect(await isLoaded()).toBe(true);
  });
});
