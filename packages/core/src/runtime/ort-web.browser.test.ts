// The engine in a real browser: every operator, and an autoencoder whose weights are fetched, equal Node's.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { browserProblem, openPage } from "../../../../fixtures/browser-page.ts";
import type { BrowserPage } from "../../../../fixtures/browser-page.ts";
import type * as script from "../../../../fixtures/browser-script.ts";
import { decoders } from "../../../../fixtures/decoders.ts";
import { fixturePath, goldenFloats, readGolden } from "../../../../fixtures/read-golden.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { trainedWeights } from "../../../../fixtures/training-steps.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import type { PublishedConfig } from "../models/config.ts";
import { evaluate } from "./evaluate.ts";

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));
type Script = typeof script;

// Software WebGPU compiles each shader for a good part of a second.
describe("browser engine", { timeout: 180_000 }, () => {
  let browser: BrowserPage;
  beforeEach((context) => {
    if (browserProblem !== undefined) context.skip(browserProblem);
  });
  beforeAll(async () => {
    if (browserProblem !== undefined) return;
    browser = await openPage({
      entries: {
        script: source("../../../../fixtures/browser-script.ts"),
        "ort-web-worker": source("./ort-web-worker.ts"),
      },
      folders: {
        "/fixtures/": fixturePath("."),
        "/wasm/": fileURLToPath(new URL(".", import.meta.resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm"))),
      },
    });
  });
  afterAll(() => browser?.close());

  /** Calls an exported function of the page's script. */
  const call = <K extends keyof Script>(name: K, ...args: Parameters<Script[K]>) =>
    // As text: what vitest has transformed does not run in a page.
    browser.page.evaluate(
      `import("/script.js").then((script) => script.${name}(...${JSON.stringify(args)}))`,
    ) as ReturnType<Script[K]>;

  // WebGPU's kernels are those of Node, where each is tested; here whole networks are enough of them.
  it("every operator equals its closed form on wasm", async () => {
    expect(await call("operatorErrors", "wasm")).toEqual({});
  });

  it.each([
    ["wasm", "sd1/vae", 1e-5],
    ["webgpu", "autoencoder_tiny", 1e-4], // other kernels
  ] as const)(
    "a decoder's picture on %s equals Node's when weights are fetched by URL",
    async (device, folder, bound) => {
      const path = fixturePath(`models/${folder}`);
      const config = JSON.parse(readFileSync(`${path}/config.json`, "utf8")) as PublishedConfig;
      const weights = await readWeights(`${path}/diffusion_pytorch_model.safetensors`);
      const latents = { dims: [1, 4, 8, 8], data: goldenFloats(readGolden("cases/sd1/vae"), "in.z") };
      const { image } = await evaluate(await sharedEngine(), decoders[folder](config), { latents }, weights);

      const picture = await call("decode", device, folder, Array.from(latents.data));
      const scale = Math.max(...image.data.map(Math.abs));
      expect(picture).toHaveLength(image.data.length);
      expect(Math.max(...picture.map((value, i) => Math.abs(value - image.data[i]))) / scale).toBeLessThan(bound);
    },
  );

  it.each(["wasm", "webgpu"] as const)("training steps on %s equal Node's", async (device) => {
    const wanted = await trainedWeights(await sharedEngine());
    const weights = await call("trained", device);
    weights.forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 5));
  });

  it("openEngine() refuses what a browser has not, and closed engines refuse to run", async () => {
    expect(await call("refusals")).toEqual([
      'Cannot open an engine on "cpu": not a device here (webgpu, wasm or auto is wanted)',
      'Cannot run "double" on wasm: the engine is closed',
    ]);
  });
});
