// The engine in a real browser: every operator, and an autoencoder whose weights are fetched, equal Node's.

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { browserProblem, openPage } from "../../../../fixtures/browser-page.ts";
import type { BrowserPage } from "../../../../fixtures/browser-page.ts";
import type * as script from "../../../../fixtures/browser-script.ts";
import { fixturePath, goldenFloats, readGolden } from "../../../../fixtures/read-golden.ts";
import { trainedWeights } from "../../../../fixtures/training-steps.ts";
import { openCheckpoint } from "../checkpoints/open.ts";
import { autoencoderKlConfig, decoderGraph } from "../models/autoencoder-kl.ts";
import { evaluate } from "./evaluate.ts";
import { openEngine } from "./open-engine.ts";

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
    ["wasm", 1e-5],
    ["webgpu", 1e-4], // other kernels
  ] as const)("the decoder's picture on %s equals Node's when weights are fetched by URL", async (device, bound) => {
    const { networks } = await openCheckpoint(fixturePath("models/sd1"));
    const engine = await openEngine({ device: "cpu" });
    const latents = { dims: [1, 4, 8, 8], data: goldenFloats(readGolden("cases/sd1/vae"), "in.z") };
    const { image } = await evaluate(
      engine,
      decoderGraph(autoencoderKlConfig(networks.vae.config)),
      { latents },
      networks.vae,
    );
    await engine.close();

    const picture = await call("decode", device, Array.from(latents.data));
    const scale = Math.max(...image.data.map(Math.abs));
    expect(picture).toHaveLength(image.data.length);
    expect(Math.max(...picture.map((value, i) => Math.abs(value - image.data[i]))) / scale).toBeLessThan(bound);
  });

  it.each(["wasm", "webgpu"] as const)("training steps on %s equal Node's", async (device) => {
    const engine = await openEngine({ device: "cpu" });
    const wanted = await trainedWeights(engine);
    await engine.close();
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
