import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alteringChanges, changesBetween, changeText } from "../resume.ts";
import { recipeFields } from "./describe.ts";
import { checkRecipe, recipeSchemas } from "./read-recipe.ts";
import type { TrainerKind } from "./read-recipe.ts";

const run = { name: "n", data: { path: "d" }, steps: 10, batchSize: 4, size: 16 };
const diffusion = { trainer: "diffusion", ...run, unet: { features: [32, 64], attention: [false, true] } };
const autoencoder = { trainer: "autoencoder", ...run, autoencoder: { latentChannels: 4, features: [32, 32] } };
const clip = {
  trainer: "clip",
  ...run,
  vision: { width: 16, layers: 1, heads: 2, patch: 4 },
  text: { width: 16, layers: 1, heads: 2 },
  projection: 8,
  tokenizer: { vocabulary: 600 },
};
const locked = { ...clip, vision: undefined, locked: { network: "mobilenet", path: "y" } };

const kinds = Object.keys(recipeSchemas).join(", ");

describe("checkRecipe()", () => {
  it.each([diffusion, autoencoder, clip, locked])("checkRecipe() fills in defaults: $trainer", (recipe) => {
    const checked = checkRecipe(recipe, "r.json");
    expect(checked).toMatchObject({ seed: 0, keep: 3, optimizer: { kind: "adamw" }, every: { checkpoint: 500 } });
    expect(checkRecipe(JSON.parse(JSON.stringify(checked)), "r.json")).toEqual(checked);
  });

  it.each<[object, string]>([
    [{}, `"trainer" is missing (${kinds} are known)`],
    [{ trainer: "difusion" }, `"trainer" is "difusion" (closest: "diffusion"; ${kinds} are known)`],
    [{ ...diffusion, stepz: 3 }, 'unknown key "stepz" (closest: "steps")'],
    [{ ...diffusion, unet: { ...diffusion.unet, feature: [] } }, 'unknown key "unet.feature" (closest: "features")'],
    [{ ...diffusion, optimizer: { kind: "adamw", betta: 1 } }, 'unknown key "optimizer.betta" (closest: "betas")'],
    [{ ...diffusion, steps: undefined }, '"steps" is missing'],
    [
      { ...diffusion, steps: 0, batchSize: 1.5 },
      '"steps" is 0 (too small: expected number to be >=1); "batchSize" is 1.5 (expected int, received number)',
    ],
    [
      { ...diffusion, diffusion: { timesteps: 100, timestepBias: { begin: 60, end: 101, multiplier: 2 } } },
      '"diffusion.timestepBias" is no range of "diffusion.timesteps" (a begin below an end within them is wanted)',
    ],
    [
      { ...diffusion, diffusion: { zeroTerminalSnr: true } },
      '"diffusion.prediction" is "epsilon", from which nothing is learnt at the last level of "zeroTerminalSnr" ("v_prediction" or "sample" is wanted)',
    ],
    [
      { ...diffusion, unet: { ...diffusion.unet, pooledText: true } },
      '"unet.pooledText" is there and "text" is not (a text encoder is wanted)',
    ],
    [
      { ...diffusion, dropout: 0.1 },
      '"dropout" has no condition to leave out ("text" or "classes", or no dropout, is wanted)',
    ],
    [
      { ...diffusion, samples: { guidanceScale: 3 } },
      '"samples.guidanceScale" is above 1 and "dropout" is 0: there is nothing to guide away from (a dropout of 0.1 or so is wanted)',
    ],
    [
      { ...diffusion, schedule: { kind: "cosine", cycles: 2 } },
      '"schedule.cycles" is for "cosineWithRestarts", and "schedule.kind" is another (one of them is wanted)',
    ],
    [
      { ...diffusion, schedule: { kind: "linear", end: 0 } },
      '"schedule.power" and "schedule.end" are for "polynomial", and "schedule.kind" is another (one of them is wanted)',
    ],
    [
      { ...diffusion, schedule: { kind: "polynomial", end: 1 } },
      '"schedule.end" is no less than "learningRate" (a lower end is wanted)',
    ],
    [
      { ...diffusion, schedule: { warmup: 10 } },
      '"schedule.warmup" is no less than "steps" (a shorter warm-up is wanted)',
    ],
    [
      { ...autoencoder, size: 15 },
      '"size" cannot be halved once for each of "autoencoder.features" after the first (a multiple of the factor is wanted)',
    ],
    [
      { ...autoencoder, finetune: { path: "z", latentNoise: 0.3 } },
      '"finetune.latentNoise" is for decoders, and "finetune.learns" is "all" ("decoder" is wanted: latents that may move would grow until the noise is nothing)',
    ],
    [{ ...clip, tokenizer: {} }, '"tokenizer" has neither or both of "path" and "vocabulary" (one is wanted)'],
    [{ ...clip, vision: undefined }, 'there are neither or both of "vision" and "locked" (one image tower is wanted)'],
    [
      { ...clip, finetune: { path: "z" } },
      '"finetune" goes on with a text tower, and "tokenizer" would learn other tokens than it knows (the "path" of its tokenizer is wanted)',
    ],
    [
      { ...locked, ground: "random" },
      '"data.flip" or a random "ground" would do nothing to the features of "locked", which are computed once (neither is wanted)',
    ],
    [
      { ...clip, data: { path: "x", flip: true }, drafts: { path: "y", size: 8 } },
      '"data.flip" mirrors what the image tower sees, and "drafts" are of pictures as they are (one of them is wanted)',
    ],
    [
      { ...locked, data: { path: "x", scenes: {} } },
      'pictures of "data.scenes" are new every epoch, and the features of "locked" are computed once ("data.scenes.variants" is wanted)',
    ],
  ])("checkRecipe() says what is wrong: case %#", (recipe, message) => {
    expect(() => checkRecipe(recipe, "r.json")).toThrow(new Error(`Cannot read recipe "r.json": ${message}`));
  });

  it("checkRecipe() throws an Error that names the file whatever is in it", () => {
    const anyRecipe = fc.oneof(
      fc.jsonValue(),
      fc
        .constantFrom(diffusion, autoencoder, clip)
        .chain((recipe) =>
          fc
            .dictionary(fc.constantFrom(...Object.keys(recipe), "x"), fc.jsonValue())
            .map((changes) => ({ ...recipe, ...changes })),
        ),
    );
    fc.assert(
      fc.property(anyRecipe, (json) => {
        try {
          checkRecipe(json, "r.json");
        } catch (error) {
          expect((error as Error).message).toMatch(/^Cannot read recipe "r\.json": ./);
        }
      }),
    );
  });
});

describe("recipeFields()", () => {
  it.each(Object.keys(recipeSchemas) as TrainerKind[])("recipeFields() describes every field of %s", (kind) => {
    const fields = recipeFields(kind);
    expect(fields.filter(({ description, values }) => description === "" || values === "")).toEqual([]);
    expect(fields.map(({ path }) => path)).toContain("optimizer(adamw).betas");
  });
});

describe("changesBetween()", () => {
  it("changesBetween() names what changed, and alteringChanges() what alters the training", () => {
    const [before, after] = [{}, { batchSize: 8, every: { log: 1 }, clipNorm: 1 }].map((changes) =>
      checkRecipe({ ...diffusion, ...changes }, "r"),
    );
    const changes = changesBetween(before, after);
    expect(alteringChanges(changes).map(changeText)).toEqual([
      '"batchSize" was 4 and is 8',
      '"clipNorm" was not there and is 1',
    ]);
    expect(changes).toHaveLength(3);
  });
});
