// Bodies of other programs' APIs that are not as they should be: every answer is one, in that program's form.

import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { encodePng } from "@noisette/core/platform/node";
import fc from "fast-check";
import { afterAll, beforeAll, describe, test } from "vitest";
import { emptyDataFolder } from "../../../fixtures/empty-catalogue.ts";
import { openParts } from "./parts.ts";
import type { Parts } from "./parts.ts";

const tiny = fileURLToPath(new URL("../../../fixtures/models/sd1", import.meta.url));

/** A graph that runs. */
const sound = {
  "1": { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: "tiny" } },
  "2": { class_type: "CLIPTextEncode", inputs: { text: "fox", clip: ["1", 1] } },
  "3": { class_type: "EmptyLatentImage", inputs: { width: 64, height: 64, batch_size: 1 } },
  "4": {
    class_type: "KSampler",
    inputs: {
      seed: 1,
      steps: 2,
      cfg: 5,
      sampler_name: "euler",
      scheduler: "normal",
      denoise: 1,
      model: ["1", 0],
      positive: ["2", 0],
      negative: ["2", 0],
      latent_image: ["3", 0],
    },
  },
  "5": { class_type: "VAEDecode", inputs: { samples: ["4", 0], vae: ["1", 2] } },
  "6": { class_type: "SaveImage", inputs: { filename_prefix: "a", images: ["5", 0] } },
};

describe("other programs' APIs without a worker", () => {
  let data: string;
  let parts: Parts;
  let picture: string;

  beforeAll(async () => {
    data = await emptyDataFolder();
    const limits = { inputPixels: 10_000, pixels: 20_000, steps: 50, pictures: 20 };
    parts = await openParts({ data, hubCache: false, given: [{ id: "tiny", path: tiny }], limits }, { loopback: true });
    const file = await encodePng({ width: 16, height: 16, channels: 3, data: new Uint8Array(768).fill(9) });
    picture = Buffer.from(file).toString("base64");
  });
  afterAll(async () => {
    await parts.close(0);
    await rm(data, { recursive: true, force: true });
  });

  /** The status and body; undefined where a job was accepted, which nobody does here. */
  async function ask(path: string, body: unknown) {
    const leave = new AbortController();
    const accepted = new Promise<undefined>((resolve) => setTimeout(resolve, 100, undefined));
    const answer = Promise.resolve(
      parts.fetch(
        new Request(`http://127.0.0.1:7860${path}`, {
          method: "POST",
          headers: { host: "127.0.0.1:7860", "content-type": "application/json" },
          body: JSON.stringify(body),
          signal: leave.signal,
        }),
        {},
      ),
    );
    if ((await Promise.race([answer, accepted])) === undefined) leave.abort();
    const response = await answer;
    // The answer to somebody who left.
    if (response.status === 499) return undefined;
    return {
      status: response.status,
      body: (await response.json().catch(() => null)) as Record<string, unknown> | null,
    };
  }

  const junk = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(
      "Euler a",
      "Karras",
      "tiny",
      "..",
      "\0",
      "__proto__",
      -1,
      1e300,
      "64x64",
      "data:image/png;base64,AAAA",
      [],
      {},
    ),
  );
  /** `fields` of which some are missing, some are junk, and some stand beside. */
  const near = (fields: Record<string, unknown>) =>
    fc
      .record({
        left: fc.subarray(Object.keys(fields), { minLength: 1 }),
        changed: fc.dictionary(fc.constantFrom(...Object.keys(fields)), junk, { maxKeys: 2 }),
        more: fc.dictionary(fc.string(), junk, { maxKeys: 1 }),
      })
      .map(({ left, changed, more }) => ({
        ...Object.fromEntries(left.map((name) => [name, fields[name]])),
        ...changed,
        ...more,
      }));

  /** Asks with bodies like `fields` and looks at what is refused. */
  const holds = (path: string, bodies: fc.Arbitrary<unknown>, isForm: (body: Record<string, unknown>) => boolean) =>
    fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const answer = await ask(path, body);
        if (answer === undefined || answer.status === 200) return;
        if (answer.status >= 500) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
        if (answer.body === null || !isForm(answer.body)) throw new Error(JSON.stringify(answer.body));
      }),
      { numRuns: 40, seed: 7 },
    );

  const isA1111 = (body: Record<string, unknown>) => "errors" in body && "detail" in body;

  test("txt2img refuses in A1111's form when bodies are random", async () => {
    const fields = {
      prompt: "fox",
      seed: 5,
      subseed_strength: 0.5,
      sampler_name: "DPM++ 2M",
      scheduler: "Karras",
      steps: 4,
      width: 64,
      height: 64,
      enable_hr: true,
      hr_upscaler: "Latent",
      hr_resize_x: 128,
      refiner_checkpoint: "tiny",
      refiner_switch_at: 0.5,
      styles: [],
      override_settings: { CLIP_stop_at_last_layers: 2 },
      alwayson_scripts: { controlnet: { args: [{ model: "None" }] } },
      infotext: "a fox\nSteps: 3, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 64x64",
    };
    await holds("/sdapi/v1/txt2img", near(fields), isA1111);
  });

  test("img2img and extras refuse in A1111's form when bodies are random", async () => {
    const fields = {
      init_images: [picture],
      mask: picture,
      mask_blur: 2,
      inpainting_fill: 2,
      resize_mode: 1,
      width: 64,
      height: 64,
    };
    await holds("/sdapi/v1/img2img", near(fields), isA1111);
    const extra = {
      image: picture,
      upscaler_1: "Lanczos",
      upscaling_resize: 2,
      resize_mode: 1,
      extras_upscaler_2_visibility: 0.5,
    };
    await holds("/sdapi/v1/extra-single-image", near(extra), isA1111);
    await holds("/sdapi/v1/png-info", near({ image: picture }), isA1111);
  });

  test("generations and edits refuse in OpenAI's form when bodies are random", async () => {
    const isOpenai = ({ error }: Record<string, unknown>) =>
      typeof (error as { message?: unknown }).message === "string";
    const fields = {
      prompt: "fox",
      model: "tiny",
      n: 2,
      size: "64x64",
      quality: "low",
      seed: 3,
      sampler: "Euler",
      output_format: "webp",
    };
    await holds("/v1/images/generations", near(fields), isOpenai);
    const images = [{ image_url: `data:image/png;base64,${picture}` }];
    await holds("/v1/images/edits", near({ ...fields, images, mask: images[0] }), isOpenai);
  });

  test("POST /prompt refuses in ComfyUI's form when graphs are random", async () => {
    const link = fc.tuple(fc.constantFrom("1", "2", "3", "4", "5", "6", "7"), fc.nat(2));
    const inputs = fc.record(
      {
        ckpt_name: fc.constantFrom("tiny", "x"),
        text: fc.oneof(fc.string(), link),
        clip: link,
        model: link,
        positive: link,
        negative: link,
        latent_image: link,
        samples: link,
        pixels: link,
        vae: link,
        mask: link,
        images: link,
        image: fc.oneof(fc.constant("a.png [output]"), link),
        seed: fc.oneof(fc.nat(), junk),
        steps: fc.oneof(fc.integer({ min: 1, max: 9 }), junk),
        cfg: fc.constant(7),
        sampler_name: fc.constantFrom("euler", "x"),
        scheduler: fc.constant("normal"),
        denoise: fc.constantFrom(1, 0.5, "x"),
        width: fc.constant(64),
        height: fc.constant(64),
        batch_size: fc.constant(1),
        filename_prefix: fc.constantFrom("a", "../b"),
      },
      { requiredKeys: ["steps", "cfg", "sampler_name", "scheduler", "denoise", "width", "height", "batch_size"] },
    );
    const type = fc.constantFrom(
      "CheckpointLoaderSimple",
      "CLIPTextEncode",
      "KSampler",
      "EmptyLatentImage",
      "VAEDecode",
      "VAEEncode",
      "LoadImage",
      "SaveImage",
      "constructor",
    );
    const node = fc.record({ class_type: type, inputs });
    const graph = fc.dictionary(
      fc.constantFrom("1", "2", "3", "4", "5", "6", "7"),
      fc.oneof({ weight: 9, arbitrary: node }, { weight: 1, arbitrary: junk }),
    );
    const changed = fc
      .record({ node: fc.constantFrom(...Object.keys(sound)), input: fc.nat(9), value: fc.oneof(junk, link) })
      .map(({ node, input, value }) => {
        const { class_type, inputs } = sound[node as keyof typeof sound] as { class_type: string; inputs: object };
        const names = Object.keys(inputs);
        return { ...sound, [node]: { class_type, inputs: { ...inputs, [names[input % names.length]]: value } } };
      });
    const prompts = fc.record({ prompt: fc.oneof(graph, changed) });
    await holds("/prompt", prompts, ({ error, node_errors: nodes }) => error !== undefined && nodes !== undefined);
  });
});
