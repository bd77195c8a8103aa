// Pictures with LoRAs: named by options, by prompts, over the steps, and wrongly.

import { beforeAll, describe, expect, test } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { sharedModel } from "../../../../fixtures/shared-engine.ts";
import { openAdapterFolder } from "../adapters/catalogue.ts";
import type { AdapterCatalogue } from "../adapters/catalogue.ts";
import type { ImageEvent } from "./events.ts";
import type { GenerateInputs, Model } from "./model.ts";
import type { GenerateOptions } from "./options.ts";

const file = (name: string) => fixturePath(`adapters/${name}.safetensors`);
const common = { prompt: "a red fox", steps: 3, seed: 1, width: 64, height: 64, sampler: "euler" } as const;
let sd1: Model;
let adapters: AdapterCatalogue;
beforeAll(async () => {
  sd1 = await sharedModel("sd1");
  adapters = await openAdapterFolder(fixturePath("adapters"));
});

async function make(
  options: Partial<GenerateOptions & GenerateInputs> = {},
  model = sd1,
): Promise<readonly ImageEvent[]> {
  return (await model.generate({ ...common, ...options })).images;
}
const latentsOf = async (options: Partial<GenerateOptions & GenerateInputs>) => (await make(options))[0].latents.data;
const farthest = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

describe("generate()", () => {
  test("with a LoRA makes the same picture by option, by tag and by its other names", async () => {
    const [option] = await make({ loras: [{ name: file("lora_kohya"), weight: 0.8 }] });
    expect(option.record.loras).toEqual([
      { name: file("lora_kohya"), path: file("lora_kohya"), hash: expect.stringMatching(/^[0-9a-f]{12}$/) },
    ]);
    const plain = await latentsOf({});
    expect(farthest(option.latents.data, plain)).toBeGreaterThan(1e-3);
    for (const prompt of ["a red fox<lora:lora_kohya:0.8>", "a <lyco:LORA_kohya:te=0.8>red fox"]) {
      const [tagged] = await make({ prompt, adapters });
      expect(tagged.latents.data).toEqual(option.latents.data);
      expect(tagged.record.options.prompt).toBe(prompt);
      expect(tagged.record.loras![0].path).toBe(file("lora_kohya"));
    }
    // The text encoder has a weight of its own.
    const textOnly = await latentsOf({ loras: [{ name: file("lora_kohya"), weight: 0, textWeight: 0.8 }] });
    expect(farthest(textOnly, plain)).toBeGreaterThan(1e-4);
    expect(farthest(textOnly, option.latents.data)).toBeGreaterThan(1e-4);
    // Without any, the picture of before.
    expect(await latentsOf({})).toEqual(plain);
  });

  test("gives every prompt of a run its own LoRAs", async () => {
    const prompts = ["a fox <lora:lora_kohya>", "a fox", "a fox <lora:lora_diffusers_peft:0.5>"];
    const together = await make({ prompt: prompts, adapters });
    const apart = await Promise.all(prompts.map((prompt, i) => make({ prompt, adapters, seed: 1 + i })));
    for (const [i, { latents, record }] of together.entries()) {
      // Several at once are one sum of products, and rounded as one.
      expect(farthest(latents.data, apart[i][0].latents.data)).toBeLessThan(1e-4);
      expect(record.loras?.map(({ name }) => name)).toEqual([["lora_kohya"], undefined, ["lora_diffusers_peft"]][i]);
    }
  });

  test("changes a LoRA's weight over the steps", async () => {
    const name = file("lora_diffusers_peft");
    const of = (lora: object) => latentsOf({ loras: [{ name, textWeight: 0, ...lora }] });
    const [on, off] = [await of({}), await of({ weight: 0 })];
    expect(await of({ start: 1 })).toEqual(off);
    expect(await of({ start: 0, end: 1 })).toEqual(on);
    const [first, rest] = [await of({ end: 0.34 }), await of({ weight: [[0.33, 0], [0.33, 1]] })]; // prettier-ignore
    for (const some of [first, rest]) {
      expect(farthest(some, on)).toBeGreaterThan(1e-5);
      expect(farthest(some, off)).toBeGreaterThan(1e-5);
    }
    // Both with the first step, one without the LoRA after it: as different as that step made them.
    const tag = `${common.prompt}<lora:lora_diffusers_peft:0:1@0.33;0@0.33:stop=2>`;
    expect(farthest(await latentsOf({ prompt: tag, adapters }), first)).toBeLessThan(1e-6);
  });

  test("with an SDXL LoRA, merged, works with SDXL, and says what it is for with another model", async () => {
    const loras = [{ name: file("lora_kohya_sdxl") }];
    const sdxl = await sharedModel("sdxl");
    const [[plain], [changed]] = [await make({}, sdxl), await make({ loras, mergeAdapters: true }, sdxl)];
    expect(farthest(plain.latents.data, changed.latents.data)).toBeGreaterThan(1e-3);
    await expect(make({ loras })).rejects.toThrow(/^Cannot use adapter ".*lora_kohya_sdxl.safetensors" with ".*sd1"/);
  });

  test.each([
    [
      { prompt: "a <lora:lora_kohja:1>" },
      /^Cannot find the LoRA "lora_kohja" in ".*adapters": .*closest: "lora_kohya"/,
    ],
    [
      { prompt: "a <lora:x:1>", adapters: undefined },
      /^Cannot find the LoRA "x": no such file, and there is no folder/,
    ],
    [
      { prompt: "a <lora:lora_kohya><lora:lora_kohya:0.5>" },
      /^Cannot use ".*" twice: "lora_kohya" and "lora_kohya" name it/,
    ],
    [{ loras: [{ name: "lora_kohya", weight: NaN }] }, /^Cannot generate: loras\.0\.weight: /],
    [{ loras: [{ name: "ti_a1111_single" }] }, /^Cannot find the LoRA "ti_a1111_single"/],
    [{ loras: [{ name: "lora_kohya", blockWeights: [1, 1] }] }, /^Cannot weigh the blocks of ".*": 2 weights/],
  ])("refuses %j", async (options, message) => {
    await expect(async () => make({ adapters, ...(options as object) })).rejects.toThrow(message);
  });

  test("leaves tags as text where the syntax has none", async () => {
    const [image] = await make({ prompt: "a <lora:x:1>", promptSyntax: "plain" });
    expect(image.record.loras).toBeUndefined();
  });
});
