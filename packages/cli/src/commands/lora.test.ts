import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAdapter } from "@noisette/core/adapters/read-adapter";
import { openCheckpoint } from "@noisette/core/checkpoints/open";
import { readTensors } from "@noisette/core/safetensors/read-tensor";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run as runLine } from "../../../../fixtures/command-line.ts";
import { fixturePath } from "../../../../fixtures/read-golden.ts";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "lora-"))));
afterAll(() => rm(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const adapter = (name: string) => fixturePath(`adapters/${name}.safetensors`);
const sd1 = fixturePath("models/sd1");

/** What a command line writes, and its status. */
const run = (...words: string[]) => runLine("lora", ...words);

describe("noisette lora", () => {
  it("lora lists its tools when called alone", async () => {
    expect((await run()).out).toMatch(/^inspect .*\nmerge .*\nextract .*\nresize/);
  });

  it("lora inspect tells forms, ranks and fit of files", async () => {
    const { out } = await run("inspect", adapter("lora_kohya"), adapter("lycoris_misc"), "--model", sd1);
    expect(out).toMatch(/for +a model whose text has width 24\n +hash +[0-9a-f]{12}\n/);
    expect(out).toMatch(/lora +18 modules of textEncoder\n +rank +4\n +alpha\/rank +0.75\n/);
    expect(out).toMatch(/fits +69 parameters of /);
    expect(out).toMatch(/dora +2 modules of unet/);
    const { out: json } = await run("inspect", adapter("lokr"), "--json");
    expect(JSON.parse(json)).toMatchObject([{ forms: [{ form: "lokr", modules: 5, networks: "unet" }], unknown: [] }]);
  });

  it("lora merge joins files, resize cuts the sum, merge --into and extract bring it back", async () => {
    const joined = await run(
      "merge",
      `${adapter("lora_kohya")}:0.75`,
      `${adapter("lora_diffusers_peft")}:-.5`,
      "-o",
      at("joined.safetensors"),
      "--type",
      "fp32",
    );
    expect(joined).toMatchObject({ status: 0, out: `${at("joined.safetensors")}\n` });
    const { modules } = await readAdapter(at("joined.safetensors"));
    expect(Math.max(...modules.map(({ rank }) => rank!))).toBe(7);

    const resized = await run("resize", at("joined.safetensors"), "--rank", "2", "-o", at("small.safetensors"));
    expect(resized.error).toMatch(/\d+ modules of rank 2; [\d.]+ % of a change is lost on average, [\d.]+ % at most/);
    const small = await readAdapter(at("small.safetensors"));
    expect(new Set(small.modules.map(({ rank }) => rank))).toEqual(new Set([2]));
    expect(small.metadata).toMatchObject({ ss_network_dim: "2", ss_network_alpha: "2" });

    expect(
      await run("merge", at("small.safetensors"), "--into", sd1, "-o", at("merged"), "--type", "fp32"),
    ).toMatchObject({ status: 0 });
    const extracted = await run(
      "extract",
      at("merged"),
      "--base",
      sd1,
      "--rank",
      "4",
      "--names",
      "peft",
      "-o",
      at("again.safetensors"),
      "--type",
      "fp32",
    );
    // What the merge rounded is a rank of its own, and small.
    expect(extracted.error).toMatch(/; [\d.e-]+ % of a change is lost on average/);
    expect(
      await run("merge", at("again.safetensors"), "--into", sd1, "-o", at("remerged"), "--type", "fp32"),
    ).toMatchObject({ status: 0 });
    const [once, twice] = await Promise.all(
      ["merged", "remerged"].map(async (name) => readTensors((await openCheckpoint(at(name))).networks.unet.tensors)),
    );
    for (const [name, { data }] of once) {
      const worst = data.reduce((most, value, i) => Math.max(most, Math.abs(value - twice.get(name)!.data[i])), 0);
      expect(worst, name).toBeLessThan(1e-4);
    }
  });

  it("lora merge says what is missing when it is called wrongly", async () => {
    const [kohya, sdxl, misc] = ["lora_kohya", "lora_kohya_sdxl", "lycoris_misc"].map(adapter);
    const error = async (...words: string[]) => (await run(...words)).error;
    expect(await error("merge", kohya)).toContain("--out with the new file is wanted");
    expect(await error("merge", kohya, sdxl, "-o", at("x.safetensors"))).toContain(
      "(the model they are for is wanted)",
    );
    expect(await error("merge", misc, "-o", at("x.safetensors"))).toContain("(LoRA is wanted: merge it into a model");
    expect(await error("merge", kohya, "-o", at("x.safetensors"), "--names", "peft")).toContain("(--model is wanted)");
    expect(await error("merge", sdxl, "--into", sd1, "-o", at("x"))).toContain("other shapes are wanted");
    expect(await error("merge", kohya, kohya, "--into", sd1, "-o", at("x"))).toContain("twice");
    expect(await error("merge", kohya, "--into", sd1, "--rank", "2", "-o", at("x"))).toContain("--into goes without");
    expect(await error("resize", kohya, "-o", at("x.safetensors"))).toContain("--rank or --keep is wanted");
    expect(await error("extract", sd1, "-o", at("x.safetensors"))).toContain("--base with the model it came from");
    expect(await error("extract", sd1, "--base", sd1, "-o", at("x.safetensors"))).toContain("no weight differs");
  });

  it("lora merge --model writes the names of the other program", async () => {
    await run(
      "merge",
      adapter("lora_kohya"),
      "--model",
      sd1,
      "--names",
      "peft",
      "--rank",
      "2",
      "-o",
      at("peft.safetensors"),
    );
    const { modules } = await readAdapter(at("peft.safetensors"));
    expect(modules.every(({ path }) => /^(unet|text_encoder)\./.test(path))).toBe(true);
  });
});
