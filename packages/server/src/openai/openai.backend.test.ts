// With OpenAI's own client.

import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Image } from "@noisette/core";
import { pngBytes } from "@noisette/core/image/png";
import { readPictureText } from "@noisette/core/image/picture-file";
import { decodeImage } from "@noisette/core/platform/node";
import OpenAI, { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emptyDataFolder } from "../../../../fixtures/empty-catalogue.ts";
import { createServer } from "../server.ts";
import type { Server } from "../server.ts";

const model = fileURLToPath(new URL("../../../../fixtures/models/sd1", import.meta.url));
const key = "a key of the operator";

/** A grey picture, seen through in its lower half where `channels` is 4. */
function grey(side: number, channels: 3 | 4): Image {
  const data = new Uint8Array(side * side * channels).fill(120);
  if (channels === 4) for (let i = 0; i < side * side; i++) data[4 * i + 3] = i < (side * side) / 2 ? 255 : 0;
  return { width: side, height: side, channels, data };
}
const png = async (image: Image) => toFile(await pngBytes(image), "picture.png", { type: "image/png" });
const bytesIn = (text: string | undefined) => new Uint8Array(Buffer.from(text!, "base64"));
/** Our fields beside OpenAI's. */
const tiny = { steps: 3, seed: 7 } as object;

describe("the openai package on the tiny model", () => {
  let data: string;
  let server: Server;
  let url: string;
  let client: OpenAI;

  beforeAll(async () => {
    data = await emptyDataFolder();
    server = createServer({
      data,
      given: [{ id: "folder/tiny", path: model, side: 64 }],
      hubCache: false,
      keys: [key],
      engine: { device: "cpu", threads: 1 },
    });
    ({ url } = await server.listen({ port: 0 }));
    await server.ready();
    client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
  });
  afterAll(async () => {
    await server.close();
    await rm(data, { recursive: true, force: true });
  });

  test("models.list() and models.retrieve() give the models", async () => {
    const list = await client.models.list();
    expect(list.data.map(({ id, object }) => [id, object])).toEqual([["folder/tiny", "model"]]);
    expect(await client.models.retrieve("folder/tiny")).toMatchObject({ id: "folder/tiny", owned_by: "bundled" });
  });

  test("images.generate() gives pictures in base64 when nothing is said of the form", async () => {
    const answer = await client.images.generate({
      model: "folder/tiny",
      prompt: "a red fox",
      n: 2,
      size: "72x64",
      ...tiny,
      ...({ guidance_scale: 5, negative_prompt: "cat", sampler: "Euler a" } as object),
    });
    expect(answer).toMatchObject({ output_format: "png", quality: "auto", background: "auto" });
    const files = answer.data!.map(({ b64_json }) => bytesIn(b64_json));
    expect(await decodeImage(files[1])).toMatchObject({ width: 72, height: 64 });
    expect(readPictureText(files[1]).parameters).toMatch(
      /^a red fox\nNegative prompt: cat\nSteps: 3, Sampler: Euler a, .*CFG scale: 5, Seed: 8, /,
    );
  });

  test("images.generate() gives addresses that hold without a key when they are asked for", async () => {
    const { data: pictures } = await client.images.generate({
      prompt: "a red fox",
      response_format: "url",
      output_format: "webp",
      output_compression: 50,
      background: "opaque",
      ...tiny,
    });
    const link = pictures![0].url!;
    const response = await fetch(link);
    expect(response.headers.get("content-type")).toBe("image/webp");
    const file = new Uint8Array(await response.arrayBuffer());
    expect(Buffer.from(file.subarray(8, 12)).toString()).toBe("WEBP");
    expect(readPictureText(file).parameters).toContain("a red fox");
    expect((await fetch(`${link.slice(0, -3)}AAA`)).status).toBe(404);
    expect((await fetch(`${url}/v1/images`)).status).toBe(401);
  });

  test("images.generate() streams partial pictures and then the finished one", async () => {
    const stream = await client.images.generate({
      prompt: "a red fox",
      stream: true,
      partial_images: 2,
      output_format: "jpeg",
      size: "64x64",
      seed: 7,
      steps: 6,
      sampler: "euler",
    } as OpenAI.Images.ImageGenerateParamsStreaming);
    const events: OpenAI.Images.ImageGenStreamEvent[] = [];
    for await (const event of stream) events.push(event);
    expect(events.map(({ type }) => type)).toEqual([
      "image_generation.partial_image",
      "image_generation.partial_image",
      "image_generation.completed",
    ]);
    expect(events).toMatchObject([{ partial_image_index: 0 }, { partial_image_index: 1 }, { size: "64x64" }]);
    for (const { b64_json, output_format } of events) {
      expect(output_format).toBe("jpeg");
      expect(await decodeImage(bytesIn(b64_json))).toMatchObject({ width: 64, height: 64 });
    }
  });

  test("images.edit() paints where the mask is seen through and keeps the rest", async () => {
    const { data: pictures } = await client.images.edit({
      image: await png(grey(70, 3)),
      mask: await png(grey(70, 4)),
      prompt: "a red fox",
      ...tiny,
    });
    const { width, height, data: pixels } = await decodeImage(bytesIn(pictures![0].b64_json));
    expect([width, height]).toEqual([72, 72]);
    expect(pixels.subarray(0, 3 * 72 * 20).every((value) => value === 120)).toBe(true);
    expect(pixels.subarray(-3 * 72 * 20).every((value) => value === 120)).toBe(false);
  });

  test("images.edit() edits each of several pictures, also in a stream", async () => {
    const image = [await png(grey(64, 3)), await png(grey(72, 3))];
    const stream = await client.images.edit({ image, prompt: "fox", stream: true, ...tiny });
    const sizes: string[] = [];
    for await (const event of stream) {
      expect(event.type).toBe("image_edit.completed");
      sizes.push(event.size);
    }
    expect(sizes).toEqual(["64x64", "72x72"]);
  });

  test("images.createVariation() takes the prompt out of the picture when it tells it", async () => {
    const [own] = (await client.images.generate({ prompt: "a blue whale", ...tiny })).data!;
    const { data: pictures } = await client.images.createVariation({
      image: await toFile(bytesIn(own.b64_json), "whale.png"),
      n: 2,
      ...({ steps: 4 } as object),
    });
    expect(pictures).toHaveLength(2);
    expect(readPictureText(bytesIn(pictures![0].b64_json)).parameters).toMatch(
      /^a blue whale\n.*Denoising strength: 0.6/s,
    );
  });

  test.each([
    [{ prompt: "fox", model: "folder/tin" }, 404, "model_not_found", "model", /closest: "folder\/tiny"/],
    [{ prompt: "fox", guidance_scal: 3 }, 400, "unknown_parameter", "guidance_scal", /guidance_scale/],
    [{}, 400, "missing_required_parameter", "prompt", /prompt/],
    [{ prompt: "fox", size: "65x64" }, 400, "invalid_value", "size", /multiples of 8/],
    [{ prompt: "fox", n: 11 }, 400, "invalid_value", "n", /10/],
    [{ prompt: "fox", background: "transparent" }, 400, "invalid_value", "background", /no transparency/],
    [{ prompt: "fox", partial_images: 2 }, 400, "invalid_value", "partial_images", /stream: true/],
    [{ prompt: "fox", sampler: "warp" }, 400, "invalid_value", "sampler", /samplers/],
  ])("images.generate() refuses %j with OpenAI's codes", async (body, status, code, param, message) => {
    const error = await client.images.generate(body as never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error).toMatchObject({ status, code, param, type: "invalid_request_error" });
    expect((error as Error).message).toMatch(message);
  });

  test("requests are refused as OpenAI does when the key is wrong", async () => {
    const stranger = new OpenAI({ baseURL: `${url}/v1`, apiKey: "wrong", maxRetries: 0 });
    const error = await stranger.images.generate({ prompt: "fox" }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: "invalid_api_key" });
  });

  test("images.edit() refuses a mask of another size, and what is no picture", async () => {
    const image = await png(grey(64, 3));
    const sized = await client.images
      .edit({ image, mask: await png(grey(32, 4)), prompt: "fox" })
      .catch((e: unknown) => e);
    expect(sized).toMatchObject({ status: 400, param: "mask", code: "invalid_value" });
    const text = await toFile(Buffer.from("no picture"), "a.png");
    const none = await client.images.edit({ image: text, prompt: "fox" }).catch((e: unknown) => e);
    expect(none).toMatchObject({ status: 400, param: "image", code: "invalid_image_file" });
  });
});
