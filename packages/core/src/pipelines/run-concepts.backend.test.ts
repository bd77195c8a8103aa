import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { sharedModel } from "../../../../fixtures/shared-engine.ts";
import { openAdapterFolder } from "../adapters/catalogue.ts";
import type { AdapterCatalogue } from "../adapters/catalogue.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import { tensor } from "../tensor/tensor.ts";
import type { GenerateInputs, Model } from "./model.ts";
import type { GenerateOptions } from "./options.ts";

const fixture = (name: string) => fixturePath(`adapters/${name}`);
const usual = { steps: 1, sampler: "euler", width: 64, height: 64, seed: 1, count: 1 } as const;
let folder: string;
let catalogue: AdapterCatalogue;
let model: Model;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
  await copyFile(fixture("hypernet_relu.pt"), join(folder, "relu.pt"));
  await copyFile(fixture("ti_a1111_multi.pt"), join(folder, "zebra.pt"));
  await writeSafetensors(join(folder, "other.safetensors"), [["emb_params", tensor([1, 768])]]);
  catalogue = await openAdapterFolder(folder);
  model = await sharedModel("sd1");
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function latentsOf(options: Partial<GenerateOptions> & Pick<GenerateOptions, "prompt"> & GenerateInputs) {
  const notices: string[] = [];
  let latents: Float32Array | undefined;
  let record: unknown;
  const { controls: _, ipAdapters: __, ...rest } = options;
  for await (const event of model.generate({ ...usual, ...rest })) {
    if (event.kind === "notice") notices.push(event.text);
    if (event.kind === "image")
      ({
        latents: { data: latents },
        record,
      } = event);
  }
  return { latents: latents!, notices, record: record as { embeddings?: unknown; hypernetworks?: unknown } };
}

/** The largest difference of two latents. The first step's σ of 14.6 multiplies what float32 rounds in the network. */
const distance = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

describe("generate() with hypernetworks", () => {
  it("generate() takes them from options, files and prompts alike", async () => {
    const plain = await latentsOf({ prompt: "a fox" });
    const tagged = await latentsOf({ prompt: "a fox <hypernet:relu:0.6>", adapters: catalogue });
    const named = await latentsOf({
      prompt: "a fox",
      adapters: catalogue,
      hypernetworks: [{ name: "Relu", weight: 0.6 }],
    });
    const path = fixture("hypernet_relu.pt");
    const filed = await latentsOf({ prompt: "a fox", hypernetworks: [{ name: path, weight: 0.6 }] });
    expect(tagged.latents).not.toEqual(plain.latents);
    expect(named.latents).toEqual(tagged.latents);
    expect(filed.latents).toEqual(tagged.latents);
    const zero = await latentsOf({ prompt: "a fox", hypernetworks: [{ name: path, weight: 0 }] });
    expect(distance(zero.latents, plain.latents)).toBeLessThan(1e-3);
    expect((await latentsOf({ prompt: "a fox" })).latents).toEqual(plain.latents);
    expect(tagged.record.hypernetworks).toMatchObject([{ name: "relu", weight: 0.6 }]);
  });

  it("generate() gives each prompt of a run its own when they differ", async () => {
    const prompt = ["a fox <hypernet:relu:1>", "a fox"];
    const pictures: Float32Array[] = [];
    for await (const event of model.generate({ ...usual, prompt, adapters: catalogue, seeding: "per-image" }))
      if (event.kind === "image") pictures.push(event.latents.data);
    const alone = await latentsOf({ prompt: prompt[0], adapters: catalogue });
    expect(pictures[0]).toEqual(alone.latents);
    const plain = await latentsOf({ prompt: "a fox", seed: 2 });
    expect(distance(pictures[1], plain.latents)).toBeLessThan(1e-3);
  });

  it("generate() gives live LoRAs the context that a hypernetwork makes, as merged ones see it", async () => {
    const both = {
      prompt: "a fox",
      loras: [{ name: fixture("lora_kohya.safetensors") }],
      hypernetworks: [{ name: fixture("hypernet_swish_ln.pt"), weight: 0.7 }],
    };
    const [live, merged] = [await latentsOf(both), await latentsOf({ ...both, mergeAdapters: true })];
    expect(distance(live.latents, merged.latents)).toBeLessThan(1e-3);
    const alone = await latentsOf({ ...both, loras: [] });
    expect(distance(live.latents, alone.latents)).toBeGreaterThan(1e-2);
  });

  it("generate() says what is wrong when a hypernetwork is not there, named twice, or no hypernetwork", async () => {
    const adapters = catalogue;
    await expect(latentsOf({ prompt: "<hypernet:rely>", adapters })).rejects.toThrow(/closest: "relu"/);
    await expect(latentsOf({ prompt: "<hypernet:relu> <hypernet:relu:2>", adapters })).rejects.toThrow(/twice/);
    await expect(latentsOf({ prompt: "<hypernet:relu>" })).rejects.toThrow(/no folder of adapters/);
    const hypernetworks = [{ name: fixture("ti_a1111_multi.pt") }];
    await expect(latentsOf({ prompt: "", hypernetworks })).rejects.toThrow(/it is no hypernetwork/);
  });
});

describe("generate() with embeddings", () => {
  it("generate() takes them from files and from the folder, in prompt and negative prompt", async () => {
    const plain = await latentsOf({ prompt: "a zebra" });
    const found = await latentsOf({ prompt: "a zebra", adapters: catalogue });
    const embeddings = [{ name: fixture("ti_diffusers_multi.safetensors") }];
    const named = await latentsOf({ prompt: "a <ti-multi>", embeddings });
    expect(found.latents).not.toEqual(plain.latents);
    expect(named.latents).toEqual(found.latents);
    expect(found.record.embeddings).toMatchObject([{ word: "zebra" }]);
    const negative = await latentsOf({ prompt: "a fox", negativePrompt: "zebra", adapters: catalogue });
    expect(negative.record.embeddings).toMatchObject([{ word: "zebra" }]);
    expect(negative.notices).toEqual(plain.notices);
  });

  it("generate() tells of embeddings for other models only when a prompt names them", async () => {
    const { notices } = await latentsOf({ prompt: "no Other way", adapters: catalogue });
    expect(notices.filter((text) => /other\.safetensors.*SD 1\.x/.test(text))).toHaveLength(1);
    await expect(latentsOf({ prompt: "", embeddings: [{ name: join(folder, "other.safetensors") }] })).rejects.toThrow(
      /as for SD 1.x \(vectors of width 24 are wanted\)/,
    );
  });

  it("generate() leaves out what ComfyUI's prompts name and is not there, and says so", async () => {
    const { notices } = await latentsOf({ prompt: "a embedding:none fox", promptSyntax: "comfyui" });
    expect(notices.filter((text) => text.includes('"embedding:none", which is not there'))).toHaveLength(1);
  });
});
