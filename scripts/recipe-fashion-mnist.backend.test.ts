import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sharedEngine } from "../fixtures/shared-engine.ts";
import { imageSize } from "@noisette/core/platform/node";
import type { Engine } from "@noisette/core/runtime/engine";
import { loadRecipe } from "@noisette/core/training/recipe/load-recipe";
import { fashionMnistFolder } from "./fashion-mnist/data.ts";
import { fashionMnistPage, trainedStages } from "./fashion-mnist/page.ts";
import { stages } from "./recipe-fashion-mnist.ts";
import type { FashionMnistRun } from "./recipe-fashion-mnist.ts";
import { runStages } from "./recipes/run-stages.ts";
import { readRecords } from "./recipes/stage-records.ts";

let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fashion-mnist-"));
  engine = await sharedEngine();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

it.each(trainedStages)("loadRecipe() takes recipes/fashion-mnist/%s.json", async (stage) => {
  const path = fileURLToPath(new URL(`../recipes/fashion-mnist/${stage}.json`, import.meta.url));
  expect(await loadRecipe(path)).toMatchObject({ size: 28, data: { path: "data/fashion-mnist" } });
});

it("fashionMnistFolder() says what is wanted when a folder has no such files", async () => {
  await expect(fashionMnistFolder(folder)).rejects.toThrow(
    `Cannot find Fashion-MNIST: "${folder}" has no train-images-idx3-ubyte.gz (a folder of its four files is wanted)`,
  );
});

describe("runStages() of Fashion-MNIST", () => {
  it("runStages() goes through all stages when tiny, on after it was stopped while sampling, and writes the page", async () => {
    const said: string[] = [];
    const stop = new AbortController();
    const run: FashionMnistRun = {
      folder,
      data: join(folder, "data/fashion-mnist"),
      docs: join(folder, "docs"),
      results: join(folder, "results.json"),
      tiny: true,
      engine,
      pictures: 60,
      bound: 2,
      signal: stop.signal,
      tell: () => {},
      say: (line) => said.push(line),
      progress: (doing, done) => doing === "class, DDPM" && done > 52 && stop.abort(),
    };
    expect(await runStages(stages, run)).toBe(false);
    expect(said.at(-1)).toBe("sample");
    const samples = join(folder, "runs/fashion-mnist-samples");
    const strips = async (kind: string) => (await readdir(join(samples, kind))).filter((name) => name.endsWith(".png"));
    expect(await strips("class-DDPM")).toEqual(["0000.png"]);
    const first = await readFile(join(samples, "class-DDPM/0000.png"));

    expect(await runStages(stages, { ...run, signal: undefined, progress: () => {} })).toBe(true);
    expect(await strips("class-DDPM")).toEqual(["0000.png", "0001.png"]);
    expect(await readFile(join(samples, "class-DDPM/0000.png"))).toEqual(first);
    const records = await readRecords(run.results);
    expect(Object.keys(records)).toEqual(Object.keys(stages));
    expect(records.data.result).toMatchObject({ training: 60, test: 20 });
    expect(records.evaluate.result).toMatchObject({
      distance: "FD-judge",
      width: 8,
      test: { pictures: 20 },
      training: { pictures: 60 },
      generated: { "class, DDIM": { pictures: 60 }, "unconditional, DDPM": { pictures: 60 } },
      likelihoods: { class: { pictures: 2 }, unconditional: { pictures: 2 } },
    });
    const page = await readFile(join(folder, "docs/fashion-mnist.md"), "utf8");
    expect(page).toBe(fashionMnistPage(records));
    expect(await imageSize(await readFile(join(folder, "docs/assets/fashion-mnist-class.png")))).toMatchObject({
      width: expect.any(Number),
    });
  }, 120_000);
});

describe("fashionMnistPage()", () => {
  const record = (result: unknown) => ({ date: "2026-01-02", machine: "2 × CPU", seconds: 60, result });
  const training = record({ steps: 1600, images: 102400, seconds: 1800 });
  const sampling = { sampler: "ddim", steps: 20, guidanceScale: 1 };
  const records = {
    class: training,
    unconditional: training,
    classifier: training,
    sample: record({
      "class, DDIM": { model: "class", sampling, pictures: 500, seconds: 50 },
      "class, DDIM, guidance 2": {
        model: "class",
        sampling: { ...sampling, guidanceScale: 2 },
        pictures: 500,
        seconds: 100,
      },
      "unconditional, DDPM": {
        model: "unconditional",
        sampling: { ...sampling, sampler: "ddpm", steps: 1000 },
        pictures: 500,
        seconds: 2500,
      },
    }),
    evaluate: record({
      distance: "FD-judge",
      width: 64,
      test: { pictures: 10000, accuracy: 0.9123 },
      training: { pictures: 500, distance: 0.5, accuracy: 0.95 },
      generated: {
        "class, DDIM": { pictures: 500, distance: 12.345, accuracy: 0.8 },
        "class, DDIM, guidance 2": { pictures: 500, distance: 14, accuracy: 0.9 },
        "unconditional, DDPM": { pictures: 500, distance: 9.5 },
      },
      likelihoods: {
        class: { pictures: 64, bitsPerDimension: 3.4567 },
        unconditional: { pictures: 64, bitsPerDimension: 3.5 },
      },
    }),
  };

  it("fashionMnistPage() puts costs and measurements side by side", () => {
    const page = fashionMnistPage(records);
    for (const line of [
      "| class | 1600 | 102400 | 30 | 2 × CPU, 2026-01-02 |",
      "| pictures | network runs each | seconds each | how many | FD-judge | asked-for class seen |",
      "| class, DDIM | 20 | 0.100 | 500 | 12.35 | 80.0 % |",
      "| class, DDIM, guidance 2 | 40 | 0.200 | 500 | 14.00 | 90.0 % |",
      "| unconditional, DDPM | 1000 | 5.000 | 500 | 9.50 |  |",
      "| training pictures (floor) |  |  | 500 | 0.50 | 95.0 % |",
      "| test pictures (ceiling) |  |  | 10000 |  | 91.2 % |",
      "| class | 64 | 3.46 |",
    ])
      expect(page.split("\n")).toContain(line);
  });

  it("fashionMnistPage() throws when a stage is missing", () => {
    const { evaluate: _, ...unmeasured } = records;
    expect(() => fashionMnistPage(unmeasured)).toThrow('Cannot write the page: the stage "evaluate" has no result');
  });
});
