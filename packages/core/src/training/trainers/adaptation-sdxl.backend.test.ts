// SDXL is taught with both its text encoders, and told of sizes.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fixturePath } from "../../../../../fixtures/read-golden.ts";
import { sharedEngine, sharedModel } from "../../../../../fixtures/shared-engine.ts";
import { drawnShapes } from "../../../../../fixtures/tiny-training.ts";
import { readSafetensors } from "../../safetensors/read.ts";
import type { Model } from "../../pipelines/model.ts";
import type { Engine } from "../../runtime/engine.ts";
import { checkRecipe } from "../recipe/read-recipe.ts";
import { train } from "../run.ts";

const base = fixturePath("models/sdxl");
const side = 32;
let engine: Engine;
let model: Model;
let root: string;
beforeAll(async () => {
  engine = await sharedEngine();
  model = await sharedModel("sdxl");
  root = await mkdtemp(join(tmpdir(), "noisette-sdxl-"));
});
afterAll(() => rm(root, { recursive: true }));

/** Trains a little, and returns the folder of what was learnt. */
async function taught(trainer: string, own: object): Promise<string> {
  const recipe = checkRecipe(
    {
      trainer,
      name: "xl",
      model: base,
      data: { path: "shapes" },
      size: side,
      batchSize: 2,
      steps: 1,
      learningRate: 0.1,
      samples: { count: 0 },
      ...own,
    },
    "xl",
  );
  const out = join(root, trainer);
  await train(recipe, { engine, data: drawnShapes({ side, count: 2 }), out });
  return join(out, "model");
}

const picture = async (options: Partial<Parameters<Model["generate"]>[0]>) => {
  const usual = { width: side, height: side, steps: 2, guidanceScale: 1, seed: 3, promptSyntax: "plain" } as const;
  return (await model.generate({ prompt: "a box", ...usual, ...options })).images[0].image!.data;
};

it("openLoraTrainer() teaches both of SDXL's text encoders in kohya's names and diffusers'", async () => {
  const layers = [
    { pattern: "unet.mid_block.*.0.attn2.to_k", rank: 2 },
    { pattern: "text_encoder*.0.self_attn.q_proj", rank: 2 },
  ];
  const folder = await taught("lora", { layers, prompt: "a box" });
  const names = [...(await readSafetensors(join(folder, "xl.safetensors"))).tensors.keys()];
  expect(new Set(names.map((name) => name.split("_").slice(0, 2).join("_")))).toEqual(
    new Set(["lora_unet", "lora_te1", "lora_te2"]),
  );
  // The UNet's under the original names, as kohya's are for SDXL.
  expect(names.filter((name) => name.startsWith("lora_unet_")).every((name) => name.includes("middle_block"))).toBe(
    true,
  );
  const files = ["xl.safetensors", "pytorch_lora_weights.safetensors"].map((file) => join(folder, file));
  const [kohya, diffusers] = [
    await picture({ loras: [{ name: files[0] }] }),
    await picture({ loras: [{ name: files[1] }] }),
  ];
  expect(kohya).toEqual(diffusers);
  expect(kohya).not.toEqual(await picture({}));
});

it("openTextualInversionTrainer() learns a pair of vectors for SDXL, which prompts take", async () => {
  const folder = await taught("textual-inversion", { word: "<me>", initial: "a", texts: ["{word}"] });
  const pair = await readSafetensors(join(folder, "xl.safetensors"));
  expect([...pair.tensors.keys()].toSorted()).toEqual(["clip_g", "clip_l"]);
  const learnt = await picture({
    prompt: "<me>",
    embeddings: [{ name: join(folder, "xl.safetensors"), word: "<me>" }],
  });
  expect(learnt).not.toEqual(await picture({ prompt: "a" }));
});
