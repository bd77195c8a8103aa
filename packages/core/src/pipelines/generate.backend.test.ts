import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { fixturePath, goldenFloats, readGolden } from "../../../../fixtures/read-golden.ts";
import { sharedModel } from "../../../../fixtures/shared-engine.ts";
import { openCheckpoint } from "../checkpoints/open.ts";
import { readTensor } from "../safetensors/read-tensor.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import { openFile } from "#platform";
import { tensor } from "../tensor/tensor.ts";
import { decodeUnscaled } from "./decode-latents.ts";
import type { GenerateEvent } from "./events.ts";
import type { Model } from "./model.ts";
import { load } from "./model.ts";
import { openNetworks } from "./networks.ts";

const device = "cpu";
const threads = 1;
const quick = { prompt: "a red fox", steps: 2, width: 64, height: 64, seed: 7 } as const;

describe("generate()", () => {
  let model: Model;
  beforeAll(async () => {
    model = await sharedModel("sd1");
  });

  const collect = async (options: Parameters<Model["generate"]>[0], from = model): Promise<GenerateEvent[]> => {
    const events: GenerateEvent[] = [];
    for await (const event of from.generate(options)) events.push(event);
    return events;
  };

  test("tells start, steps and pictures in order when iterated", async () => {
    const events = await collect({ ...quick, count: 2 });
    expect(events.filter(({ kind }) => kind !== "notice").map(({ kind }) => kind)).toEqual([
      "start",
      "step",
      "step",
      "step",
      "image",
      "step",
      "step",
      "step",
      "image",
    ]);
    const images = events.flatMap((event) => (event.kind === "image" ? event : []));
    expect(images.map(({ seed }) => seed)).toEqual([7, 8]);
    expect(images[0].image!.data).not.toEqual(images[1].image!.data);
  });

  test("makes the same picture when asked for it alone, by its seed or by its number", async () => {
    const [, second] = (await model.generate({ ...quick, count: 2 })).images;
    const bySeed = (await model.generate({ ...quick, seed: 8 })).images[0];
    const byNumber = (await model.generate({ ...quick, count: 2, pictures: [1] })).images[0];
    expect(bySeed.latents.data).toEqual(second.latents.data);
    expect(byNumber.latents.data).toEqual(second.latents.data);
  });

  test("repeats a picture bit for bit from its record", async () => {
    const options = {
      ...quick,
      sampler: "euler_ancestral",
      schedule: "karras",
      guidanceRescale: 0.3,
      negativePrompt: "grey",
      rng: "philox",
      width: 48,
      height: 80,
    } as const;
    const first = (await model.generate(options)).images[0];
    const again = (await model.generate(structuredClone(first.record.options))).images[0];
    expect(again.image!.data).toEqual(first.image!.data);
    expect([first.image!.width, first.image!.height]).toEqual([48, 80]);
  });

  test("gives the same prediction when guidance runs batched or one half after the other", async () => {
    const batched = (await model.generate({ ...quick, guidanceBatching: "batched" })).images[0].latents.data;
    const sequential = (await model.generate({ ...quick, guidanceBatching: "sequential" })).images[0].latents.data;
    batched.forEach((value, i) => expect(sequential[i]).toBeCloseTo(value, 4));
  });

  test("guides by the negative half at any scale when the sampler is one of CFG++", async () => {
    const options = { ...quick, sampler: "euler_cfg_pp", guidanceScale: 0.8 } as const;
    const plain = (await model.generate(options)).images[0];
    const negated = (await model.generate({ ...options, negativePrompt: "grey sea" })).images[0];
    expect(plain.record.sampler).toBe("euler_cfg_pp");
    expect(negated.latents.data).not.toEqual(plain.latents.data);
  });

  test("decodes previews when asked", async () => {
    const steps = (await collect({ ...quick, previewEvery: 2 })).flatMap((event) =>
      event.kind === "step" ? event : [],
    );
    expect(steps.map(({ preview }) => preview?.width)).toEqual([undefined, 64, undefined]);
  });

  test("says what was cut when prompts are cut and this one is longer than 77 tokens", async () => {
    const events = await collect({ ...quick, prompt: "fox ".repeat(2500), chunking: "cut" });
    const notices = events.flatMap((event) => (event.kind === "notice" ? event.text : []));
    expect(notices.some((text) => text.startsWith("the prompt is longer than 77 tokens; this was cut:"))).toBe(true);
  });

  test("takes an empty prompt", async () => {
    expect((await model.generate({ ...quick, prompt: "" })).images).toHaveLength(1);
  });

  test("stops with the signal's reason and stays usable", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const run = (async () => {
      for await (const event of model.generate({ ...quick, steps: 50, signal: controller.signal }))
        if (event.kind === "step") controller.abort(reason);
    })();
    await expect(run).rejects.toBe(reason);
    expect((await model.generate(quick)).images).toHaveLength(1);
  });

  test("cancels the run when its loop is left early", async () => {
    for await (const event of model.generate({ ...quick, steps: 500 })) if (event.kind === "step") break;
    expect((await model.generate(quick)).images).toHaveLength(1);
  });

  test.each([
    [{ steps: 0 }, /^Cannot generate: steps:/],
    [{ seed: -1 }, /^Cannot generate: seed:/],
    [{ width: 65 }, /^Cannot generate: width:/],
    [{ sampler: "eulr" }, /^Cannot generate: sampler:/],
    [{ clipSkip: 5 }, /^Cannot skip 5 layers of CLIP: the textEncoder has 3/],
    [{ negativePrompt: ["a", "b"] }, /2 negative prompts for 1 prompts/],
    [{ sigmas: [1, 2], sampler: "euler" }, /falling noise levels/],
    [{ pictures: [3] }, /picture 3 is not one of 1/],
    [{ unknown: 1 } as object, /^Cannot generate: .*[Uu]nrecognized/],
  ])("refuses %j", async (wrong, message) => {
    await expect((async () => model.generate({ ...quick, ...wrong } as never))()).rejects.toThrow(message);
  });

  test("names the step and the weight when a weight is NaN", async () => {
    const folder = mkdtempSync(join(tmpdir(), "noisette-nan-"));
    try {
      const broken = join(folder, "broken.safetensors");
      const { networks } = await openCheckpoint(fixturePath("models/sd1"));
      const tensors = new Map<string, { dims: readonly number[]; data: Float32Array }>();
      const source = await openFile(fixturePath("single_file/sd1_ldm.safetensors"));
      const { networks: single } = await openCheckpoint(fixturePath("single_file/sd1_ldm.safetensors"), {
        config: fixturePath("models/sd1"),
      });
      for (const network of Object.values(single))
        for (const stored of network!.tensors.values())
          tensors.set(stored.name, { dims: stored.dims, data: (await readTensor(source, stored)).data });
      await source.close();
      const name = single.unet.tensors.get("mid_block.resnets.0.conv1.weight")!.name;
      tensors.get(name)!.data[3] = NaN;
      await writeSafetensors(broken, tensors as never);
      expect(networks.unet.className).toBe("UNet2DConditionModel");
      const bad = await load(broken, { device, threads, config: fixturePath("models/sd1") });
      await expect((async () => bad.generate(quick))()).rejects.toThrow(
        /step 1 of \d.*"mid_block\.resnets\.0\.conv1\.weight"/,
      );
      await bad.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("load()", () => {
  test("gives bit-identical pictures from a folder, a single file and a .ckpt of the same weights", async () => {
    const fromFolder = (await (await sharedModel("sd1")).generate(quick)).images[0].image!.data;
    for (const file of ["sd1_ldm.safetensors", "sd1_ldm.ckpt"]) {
      const config = fixturePath("models/sd1");
      const model = await load(fixturePath(`single_file/${file}`), { device, threads, config });
      expect((await model.generate(quick)).images[0].image!.data).toEqual(fromFolder);
      await model.close();
    }
  });

  test("runs a 9-channel inpainting model on text alone", async () => {
    const model = await sharedModel("sd1-inpaint");
    expect((await model.generate(quick)).images[0].image!.width).toBe(64);
  });

  test("refuses a path that is neither a file nor a Hub id", async () => {
    await expect(load("./no/such/place/at/all")).rejects.toThrow(/^Cannot /);
  });
});

describe("decodeUnscaled()", () => {
  test("blends tiles as diffusers does", async () => {
    const golden = readGolden("cases/sd1/vae");
    const { tiling } = golden.json;
    const networks = await openNetworks(await openCheckpoint(fixturePath("models/sd1")), { device, threads });
    const { dims } = golden.tensors.get("in.tiled_z")!;
    const z = tensor(dims, goldenFloats(golden, "in.tiled_z"));
    const tiles = { latentSide: tiling.tile_latent_min_size, overlap: tiling.tile_overlap_factor };
    const { data } = await decodeUnscaled(await networks.get("decoder"), z, 8, { tiles });
    await networks.close();
    const reference = goldenFloats(golden, "out.tiled_decoded");
    // The tolerance of one network's forward pass.
    reference.forEach((value, i) => expect(Math.abs(data[i] - value)).toBeLessThan(1e-4));
  });
});
