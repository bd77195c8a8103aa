// With the `ai` package itself.

import { rm } from "node:fs/promises";
import { register } from "node:module";
import { fileURLToPath } from "node:url";
import { pngBytes } from "@noisette/core/image/png";
import { readPictureText } from "@noisette/core/image/picture-file";
import { decodeImage } from "@noisette/core/platform/node";
import type { ImageModel } from "ai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emptyDataFolder } from "../../../fixtures/empty-catalogue.ts";
import { noisette } from "./ai-provider.ts";
import type { Provider } from "./ai-provider.ts";
import { createServer } from "./server.ts";
import type { Server } from "./server.ts";

// Tests run under the condition "source", under which a package that `ai` needs leads to TypeScript that it does not come with
// a compiler for: it is resolved without.
const hook = `export const resolve = (name, context, next) =>
  next(name, name.startsWith("eventsource-parser")
    ? { ...context, conditions: context.conditions.filter((one) => one !== "source") }
    : context)`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
const { createProviderRegistry, generateImage } = await import("ai");

const model = fileURLToPath(new URL("../../../fixtures/models/sd1", import.meta.url));

describe("the ai package on the tiny model", () => {
  let data: string;
  let server: Server;
  let provider: Provider;

  beforeAll(async () => {
    data = await emptyDataFolder();
    server = createServer({
      data,
      given: [{ id: "tiny", path: model, side: 64 }],
      hubCache: false,
      engine: { device: "cpu", threads: 1 },
    });
    const { url: baseURL } = await server.listen({ port: 0 });
    await server.ready();
    provider = noisette({ baseURL });
  });
  afterAll(async () => {
    await server.close();
    await rm(data, { recursive: true, force: true });
  });

  test("generateImage() gives pictures with the options of noisette", async () => {
    const image: ImageModel = provider.image("tiny");
    const { images, providerMetadata } = await generateImage({
      model: image,
      prompt: "a red fox",
      n: 2,
      size: "72x64",
      seed: 7,
      providerOptions: { noisette: { steps: 3, sampler: "euler" } },
    });
    expect(providerMetadata.noisette).toMatchObject({ images: [{ seed: 7 }, { seed: 8 }] });
    expect(images.map(({ mediaType }) => mediaType)).toEqual(["image/png", "image/png"]);
    expect(await decodeImage(images[0].uint8Array)).toMatchObject({ width: 72, height: 64 });
    expect(readPictureText(images[1].uint8Array).parameters).toContain("Sampler: Euler,");
  });

  test("generateImage() edits a picture under a mask, and tells what it cannot do", async () => {
    const picture = (value: (i: number) => number) =>
      pngBytes({
        width: 64,
        height: 64,
        channels: 3,
        data: Uint8Array.from({ length: 3 * 64 * 64 }, (_, i) => value(i)),
      });
    const mask = await picture((i) => (i < 3 * 64 * 32 ? 0 : 255));
    const { image, warnings } = await generateImage({
      model: provider.imageModel("tiny"),
      prompt: { text: "a red fox", images: [await picture(() => 99)], mask },
      aspectRatio: "1:1",
      providerOptions: { noisette: { steps: 3, pasteOriginal: true } },
    });
    expect(warnings).toContainEqual(expect.objectContaining({ type: "unsupported", feature: "aspectRatio" }));
    const { data: pixels } = await decodeImage(image.uint8Array);
    expect(pixels.subarray(0, 3 * 64 * 16).every((value) => value === 99)).toBe(true);
    expect(pixels.subarray(-3 * 64 * 16).every((value) => value === 99)).toBe(false);
  });

  test("generateImage() fails with what the server says, and leaves when it is told to", async () => {
    const wrong = generateImage({ model: provider.image("tin"), prompt: "fox", maxRetries: 0 });
    await expect(wrong).rejects.toThrow(/closest: "tiny"/);
    const registry = createProviderRegistry({
      noisette: { ...provider, languageModel: never, embeddingModel: never } as never,
    });
    const leave = new AbortController();
    const slow = generateImage({
      model: registry.imageModel("noisette:tiny"),
      prompt: "fox",
      providerOptions: { noisette: { steps: 900 } },
      abortSignal: leave.signal,
      maxRetries: 0,
    });
    setTimeout(() => leave.abort(), 200);
    await expect(slow).rejects.toThrow(/abort/);
  });
});

function never(): never {
  throw new Error("there are none");
}
