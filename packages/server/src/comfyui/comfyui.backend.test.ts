// With a ComfyUI client of somebody else's, @saintno/comfyui-sdk.

import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CallWrapper, ComfyApi, PromptBuilder } from "@saintno/comfyui-sdk";
import type { Image } from "@noisette/core";
import { pngBytes } from "@noisette/core/image/png";
import { readPictureText } from "@noisette/core/image/picture-file";
import { decodeImage } from "@noisette/core/platform/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emptyDataFolder } from "../../../../fixtures/empty-catalogue.ts";
import { connect } from "../client.ts";
import { createServer } from "../server.ts";
import type { Server } from "../server.ts";

const model = fileURLToPath(new URL("../../../../fixtures/models/sd1", import.meta.url));

/** ComfyUI's first example: text to image. */
const textGraph = {
  "3": {
    class_type: "KSampler",
    inputs: {
      seed: 7,
      steps: 3,
      cfg: 6,
      sampler_name: "dpmpp_2m",
      scheduler: "karras",
      denoise: 1,
      model: ["4", 0],
      positive: ["6", 0],
      negative: ["7", 0],
      latent_image: ["5", 0],
    },
  },
  "4": { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: "tiny" } },
  "5": { class_type: "EmptyLatentImage", inputs: { width: 64, height: 64, batch_size: 1 } },
  "6": { class_type: "CLIPTextEncode", inputs: { text: "a (red:1.2) fox", clip: ["4", 1] } },
  "7": { class_type: "CLIPTextEncode", inputs: { text: "cat", clip: ["4", 1] } },
  "8": { class_type: "VAEDecode", inputs: { samples: ["3", 0], vae: ["4", 2] } },
  "9": { class_type: "SaveImage", inputs: { filename_prefix: "foxes/red", images: ["8", 0] } },
};

/** From a picture and its transparency. */
const imageGraph = {
  ...textGraph,
  "3": { ...textGraph["3"], inputs: { ...textGraph["3"].inputs, latent_image: ["5", 0], denoise: 0.8 } },
  "5": { class_type: "SetLatentNoiseMask", inputs: { samples: ["11", 0], mask: ["10", 1] } },
  "9": { class_type: "PreviewImage", inputs: { images: ["8", 0] } },
  "10": { class_type: "LoadImage", inputs: { image: "grey.png" } },
  "11": { class_type: "VAEEncode", inputs: { pixels: ["10", 0], vae: ["4", 2] } },
};

interface Saved {
  readonly images: { filename: string; subfolder: string; type: string }[];
}

describe("@saintno/comfyui-sdk on the tiny model", () => {
  let data: string;
  let adapters: string;
  let server: Server;
  let url: string;
  let api: ComfyApi;

  const post = (path: string, body: object) => fetch(url + path, { method: "POST", body: JSON.stringify(body) });
  const imageIn = async (file: Saved["images"][number]) => {
    const bytes = new Uint8Array(await (await api.getImage(file)).arrayBuffer());
    return { bytes, image: await decodeImage(bytes) };
  };
  const run = (graph: object, more: (call: CallWrapper<never, "images", never>) => void = () => {}) => {
    const builder = new PromptBuilder(graph as never, [], ["images"]).setOutputNode("images", "9" as never);
    const call = new CallWrapper(api, builder as never) as CallWrapper<never, "images", never>;
    more(call);
    return call.run() as Promise<false | { images: Saved }>;
  };

  /** The pixels of the picture that a job of ours makes of the graph's settings, with `more`. */
  async function nativePicture(more: object) {
    const native = connect(url);
    const options = {
      compat: "comfyui" as const,
      prompt: "a (red:1.2) fox",
      negativePrompt: "cat",
      seed: 7,
      steps: 3,
      guidanceScale: 6,
      sampler: "dpmpp_2m" as const,
      schedule: "karras" as const,
      width: 64,
      height: 64,
      ...more,
    };
    const { id } = await native.createJob({ task: "generate", options });
    for await (const event of native.watchJob(id)) {
      expect(event).not.toHaveProperty("error");
      if (event.kind !== "image") continue;
      const file = await native.imageFile(event.image.id);
      return (await decodeImage(new Uint8Array(await file.arrayBuffer()))).data;
    }
    return undefined;
  }

  beforeAll(async () => {
    data = await emptyDataFolder();
    adapters = await mkdtemp(join(tmpdir(), "noisette-adapters-"));
    await copyFile(
      fileURLToPath(new URL("../../../../fixtures/adapters/lora_kohya.safetensors", import.meta.url)),
      join(adapters, "tall.safetensors"),
    );
    server = createServer({
      data,
      adapters,
      given: [{ id: "tiny", path: model }],
      hubCache: false,
      engine: { device: "cpu", threads: 1 },
    });
    ({ url } = await server.listen({ port: 0 }));
    await server.ready();
    api = await new ComfyApi(url, "the client").init().waitForReady();
  });
  afterAll(async () => {
    api.destroy();
    await server.close();
    await rm(data, { recursive: true, force: true });
    await rm(adapters, { recursive: true, force: true });
  });

  test("lists of checkpoints, samplers and nodes have ComfyUI's forms", async () => {
    expect(await api.getCheckpoints()).toEqual(["tiny"]);
    expect(JSON.stringify(await api.getSamplerInfo())).toContain("dpmpp_2m_sde");
    expect(await api.getSystemStats()).toHaveProperty("system.ram_total");
    expect(await api.getQueue()).toEqual({ queue_running: [], queue_pending: [] });
  });

  test("a graph runs to ComfyUI's picture, with progress and previews on the way", async () => {
    const progress: number[] = [];
    let previews = 0;
    const result = await run(
      { ...textGraph, "3": { ...textGraph["3"], inputs: { ...textGraph["3"].inputs, steps: 12 } } },
      (call) => call.onProgress(({ value, max }) => progress.push(value / max)).onPreview(() => void previews++),
    );
    const [file] = (result as { images: Saved }).images.images;
    expect(file).toMatchObject({ subfolder: "foxes", type: "output", filename: expect.stringMatching(/^red_/) });
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.length).toBeGreaterThan(0);
    expect(previews).toBeGreaterThan(0);

    const { bytes, image } = await imageIn(file);
    expect(readPictureText(bytes).parameters).toContain("a (red:1.2) fox");
    expect(image.data).toEqual(await nativePicture({ steps: 12 }));
  });

  test("a graph with a LoRA gives the picture with it", async () => {
    const [lora] = await api.getLoras();
    expect(lora).toBe("tall.safetensors");
    const strengths = { strength_model: 0.9, strength_clip: 0.5 };
    const result = (await run({
      ...textGraph,
      "3": { ...textGraph["3"], inputs: { ...textGraph["3"].inputs, model: ["12", 0] } },
      "6": { ...textGraph["6"], inputs: { ...textGraph["6"].inputs, clip: ["12", 1] } },
      "7": { ...textGraph["7"], inputs: { ...textGraph["7"].inputs, clip: ["12", 1] } },
      "12": { class_type: "LoraLoader", inputs: { model: ["4", 0], clip: ["4", 1], lora_name: lora, ...strengths } },
    })) as { images: Saved };
    const { image } = await imageIn(result.images.images[0]);
    expect(image.data).toEqual(await nativePicture({ loras: [{ name: "tall", weight: 0.9, textWeight: 0.5 }] }));
    expect(image.data).not.toEqual(await nativePicture({}));
  });

  test("a graph paints an uploaded picture where it is seen through", async () => {
    const grey: Image = { width: 70, height: 66, channels: 4, data: new Uint8Array(70 * 66 * 4).fill(120) };
    for (let i = 0; i < 70 * 66; i++) grey.data[4 * i + 3] = i < 70 * 33 ? 255 : 0;
    const sent = await api.uploadImage(await pngBytes(grey), "grey.png");
    expect(sent).toMatchObject({ info: { name: "grey.png", type: "input" } });
    const result = (await run(imageGraph)) as { images: Saved };
    const { image } = await imageIn(result.images.images[0]);
    expect([image.width, image.height]).toEqual([64, 64]);
    const again = await api.uploadImage(
      await pngBytes({ ...grey, channels: 4, data: grey.data.map((v) => v ^ 1) }),
      "grey.png",
    );
    expect(again).toMatchObject({ info: { name: "grey (1).png" } });
  });

  test("history and view tell of what ran, and history forgets it", async () => {
    const { prompt_id: id } = await api.queuePrompt(null, textGraph);
    let entry = await api.getHistory(id);
    while (entry === undefined) entry = await api.getHistory(id);
    expect(entry.status).toMatchObject({ status_str: "success", completed: true });
    expect(entry.prompt[2]).toEqual(textGraph);
    const [file] = (entry.outputs as unknown as Record<string, Saved>)["9"].images;
    const small = await fetch(`${url}/api/view?${new URLSearchParams({ ...file, preview: "webp;50" })}`);
    expect(small.headers.get("content-type")).toBe("image/webp");
    await api.clearHistory({ delete: [id] });
    expect(await api.getHistory(id)).toBeUndefined();
  });

  test("seeds beyond what a JavaScript number holds keep their digits", async () => {
    const text = JSON.stringify({ prompt: textGraph }).replace('"seed":7', '"seed":18446744073709551557');
    const { prompt_id: id } = (await (await fetch(`${url}/prompt`, { method: "POST", body: text })).json()) as {
      prompt_id: string;
    };
    let entry = await api.getHistory(id);
    while (entry === undefined) entry = await api.getHistory(id);
    const { bytes } = await imageIn((entry.outputs as unknown as Record<string, Saved>)["9"].images[0]);
    expect(readPictureText(bytes).parameters).toContain("Seed: 4294967237");
  });

  test("interrupt ends what runs, and the client hears of it", async () => {
    const slow = {
      ...textGraph,
      "3": { ...textGraph["3"], inputs: { ...textGraph["3"].inputs, steps: 400, seed: 9 } },
    };
    let failure = "";
    const result = await run(slow, (call) => {
      call.onProgress(() => void api.interrupt());
      call.onFailed((error) => (failure = error.name));
    });
    expect(result).toBe(false);
    expect(failure).toBe("ExecutionInterruptedError");
  });

  test.each([
    [{ "1": { class_type: "FaceDetailer", inputs: {} } }, "missing_node_type", /FaceDetailer/],
    [{ "5": textGraph["5"] }, "prompt_no_outputs", /no outputs/],
    [
      { ...textGraph, "4": { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: "../x" } } },
      "prompt_outputs_failed_validation",
      /value_not_in_list/,
    ],
    [
      { ...textGraph, "8": { class_type: "VAEDecode", inputs: { samples: ["4", 0], vae: ["4", 2] } } },
      "prompt_outputs_failed_validation",
      /return_type_mismatch/,
    ],
    [
      { ...textGraph, "5": { class_type: "EmptyLatentImage", inputs: { width: 64 } } },
      "prompt_outputs_failed_validation",
      /required_input_missing/,
    ],
    [{}, "no_prompt", /No prompt/],
    [
      imageGraph && { ...imageGraph, "10": { class_type: "LoadImage", inputs: { image: "../../etc/passwd" } } },
      "not_found",
      /none of this name/,
    ],
  ])("POST /prompt refuses a graph in ComfyUI's form: %#", async (graph, type, message) => {
    const response = await post("/prompt", { prompt: graph });
    expect([400, 404]).toContain(response.status);
    const body = (await response.json()) as { error: { type: string } };
    expect(body.error.type).toBe(type);
    expect(JSON.stringify(body)).toMatch(message);
  });

  test("free closes the engines", async () => {
    await api.freeMemory(true, true);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const { data: models } = (await (await fetch(`${url}/v1/models`)).json()) as { data: { isLoaded: boolean }[] };
    expect(models[0].isLoaded).toBe(false);
  });
});
