import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sharedEngine } from "../fixtures/shared-engine.ts";
import { imageSize } from "@noisette/core/platform/node";
import type { Engine } from "@noisette/core/runtime/engine";
import type { AutoencoderRecipe } from "@noisette/core/training/recipe/autoencoder";
import { ablationPage } from "./ablation/page.ts";
import { variantRecipe, variants, variantsOf } from "./ablation/variants.ts";
import { stagesOf } from "./recipe-ablation.ts";
import { runStages } from "./recipes/run-stages.ts";
import { readRecords } from "./recipes/stage-records.ts";
import { readStageRecipe } from "./recipes/stage-recipe.ts";

let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ablation-"));
  engine = await sharedEngine();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("variantRecipe()", () => {
  it("variantRecipe() has the first features of the common recipe, and the paper's latent channels", async () => {
    const recipes = await Promise.all(variants.map((variant) => variantRecipe(variant, { folder: ".", tiny: false })));
    expect(
      recipes.map(({ autoencoder: { features, latentChannels }, regularization: { kind } }, i) => [
        variants[i].name,
        kind,
        latentChannels,
        features,
      ]),
    ).toEqual([
      ["f2-kl", "kl", 2, [16, 32]],
      ["f2-vq", "vq", 2, [16, 32]],
      ["f4-kl", "kl", 3, [16, 32, 64]],
      ["f4-vq", "vq", 3, [16, 32, 64]],
      ["f8-kl", "kl", 4, [16, 32, 64, 128]],
      ["f8-vq", "vq", 4, [16, 32, 64, 128]],
      ["f16-kl", "kl", 16, [16, 32, 64, 128, 128]],
      ["f16-vq", "vq", 8, [16, 32, 64, 128, 128]],
    ]);
    expect(
      new Set(recipes.map(({ steps, batchSize, learningRate }) => `${steps} ${batchSize} ${learningRate}`)).size,
    ).toBe(1);
  });
});

describe("runStages() of the ablation", () => {
  it("runStages() trains, measures and shows both kinds when tiny, and is done at once when it is asked again", async () => {
    const said: string[] = [];
    const run = {
      folder,
      docs: join(folder, "docs"),
      results: join(folder, "results.json"),
      tiny: true,
      engine,
      pictures: 2,
      tell: () => {},
      say: (line: string) => said.push(line),
      progress: () => {},
    };
    const stages = stagesOf(run);
    expect(await runStages(stages, run)).toBe(true);
    expect(said).toEqual(["data", "f2-kl", "f2-vq", "measure", "page"]);
    const records = await readRecords(run.results);
    expect(records.measure.result).toMatchObject({
      "f2-kl": { className: "AutoencoderKL", factor: 2, latentChannels: 2, pictures: 2 },
      "f2-vq": { className: "VQModel", factor: 2, latentChannels: 2, codebook: { codes: 256 } },
    });
    const common = (await readStageRecipe("ablation", "autoencoder", run)) as AutoencoderRecipe;
    expect(await readFile(join(folder, "docs/ablation.md"), "utf8")).toBe(
      ablationPage({ common, variants: variantsOf(run), records }),
    );
    // A row, and thrice two pictures of 16 pixels in it.
    const { width, height } = await imageSize(await readFile(join(folder, "docs/assets/ablation.png")));
    expect(width).toBeGreaterThan(6 * 16);
    expect(height).toBeGreaterThan(16);
    await runStages(stages, run);
    expect(await readRecords(run.results)).toEqual(records);
  }, 120_000);
});

describe("ablationPage()", () => {
  const record = (result: unknown) => ({ date: "2026-01-02", machine: "2 × CPU", seconds: 60, result });
  const report = { pictures: 128, psnr: 24.567, alphaPsnr: 20, ssim: 0.8125 };
  const records = {
    measure: record(
      Object.fromEntries(
        variants.map(({ name, kind }) => [
          name,
          { ...report, ...(kind === "VQ" && { codebook: { codes: 256, used: 200, perplexity: 99.6 } }) },
        ]),
      ),
    ),
    ...Object.fromEntries(variants.map(({ name }) => [name, record({ steps: 1500, images: 12000, seconds: 600 })])),
  };

  it("ablationPage() has a row for each, with the size of its latents", async () => {
    const common = (await readStageRecipe("ablation", "autoencoder", {
      folder: ".",
      tiny: false,
    })) as AutoencoderRecipe;
    const page = ablationPage({ common, variants, records }).split("\n");
    for (const line of [
      "| f | latents | size | PSNR (dB) | PSNR of alpha | SSIM | codes used | minutes |",
      "| 2 | KL | 32×32×2 | 24.57 | 20.00 | 0.813 |  | 10 |",
      "| 16 | VQ | 4×4×8 | 24.57 | 20.00 | 0.813 | 200 of 256, perplexity 100 | 10 |",
    ])
      expect(page).toContain(line);
    expect(() => ablationPage({ common, variants, records: { measure: records.measure } })).toThrow(
      'Cannot write the page: the stage "f2-kl" has no result (npm run recipe:ablation makes it)',
    );
  });
});
