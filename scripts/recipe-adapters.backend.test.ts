import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sharedEngine } from "../fixtures/shared-engine.ts";
import { readImage } from "@noisette/core/image/png";
import type { Engine } from "@noisette/core/runtime/engine";
import { checkRecipe } from "@noisette/core/training/recipe/read-recipe";
import type { StyleEvaluation } from "./adapters/evaluate.ts";
import type { Overlap } from "./adapters/overlap.ts";
import { adapterNames, adapterRecipe } from "./adapters/recipes.ts";
import { stages, writeTaughtModel } from "./recipe-adapters.ts";
import { runStages } from "./recipes/run-stages.ts";
import { readRecords } from "./recipes/stage-records.ts";

let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "adapters-"));
  engine = await sharedEngine();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("adapterRecipe()", () => {
  it.each(adapterNames)("adapterRecipe() of %s is a recipe that its trainer takes, full or tiny", async (name) => {
    for (const tiny of [false, true]) {
      const recipe = await adapterRecipe(name, { folder: tiny ? folder : ".", tiny });
      expect(name.startsWith(recipe.trainer)).toBe(true);
      expect(checkRecipe(JSON.parse(JSON.stringify(recipe)), "again")).toEqual(recipe);
      // What is learnt from OpenMoji is shared alike; nothing else is.
      expect(recipe.card.license).toBe(name.includes("openmoji") ? "CC-BY-SA-4.0" : "CC-BY-4.0");
    }
  });
});

describe("stages", () => {
  it("stages make the pictures, teach, show before and after, and measure the style when tiny", async () => {
    const run = {
      folder,
      results: join(folder, "results.json"),
      sheets: join(folder, "sheets"),
      tiny: true,
      pictures: 2,
      engine,
      tell: () => {},
      say: () => {},
      progress: () => {},
    };
    await writeTaughtModel(folder);
    const { stickers, openmoji, hazelnut, judge, evaluate, overlap } = stages;
    const { "controlnet-edges": edges, "controlnet-scribbles": scribbles } = stages;
    const { "lora-openmoji": lora, "textual-inversion-openmoji": word } = stages;
    expect(
      await runStages({ stickers, openmoji, hazelnut, lora, word, edges, scribbles, judge, evaluate, overlap }, run),
    ).toBe(true);
    const records = await readRecords(run.results);
    expect(records.openmoji.result).toEqual({ train: 3, validation: 2 });
    expect(records.lora.result).toMatchObject({ steps: 2, images: 4 });
    const styles = records.evaluate.result as Record<string, StyleEvaluation>;
    expect(Object.keys(styles)).toEqual(["lora-openmoji", "textual-inversion-openmoji"]);
    for (const { before, after, real } of Object.values(styles)) {
      expect([before.pictures, after.pictures, real.pictures]).toEqual([2, 2, 2]);
      expect([before.distance, after.distance].every((distance) => distance! > 0)).toBe(true);
      expect(real.distance).toBeUndefined();
    }
    for (const { pictures, before, after } of Object.values(records.overlap.result as Record<string, Overlap>)) {
      expect(pictures).toBe(2);
      for (const share of [before, after]) expect(share).toBeLessThanOrEqual(1);
    }
    // Two pictures beside each of two seeds.
    const sheet = await readImage(join(folder, "sheets/lora-openmoji.png"));
    expect(sheet.width).toBeGreaterThan(2 * 16);
    expect(sheet.height).toBeGreaterThan(2 * 16);
    expect(await readFile(join(folder, "data/openmoji/NOTICE"), "utf8")).toContain("CC BY-SA 4.0");
    expect((await readImage(join(folder, "data/hazelnut/4.png"))).width).toBe(64);
  });
});
