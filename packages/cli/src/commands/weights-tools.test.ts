import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCheckpoint } from "@noisette/core/checkpoints/open";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../../../fixtures/command-line.ts";
import { fixturePath } from "../../../../fixtures/read-golden.ts";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "noisette-"))));
afterAll(() => rm(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const adapter = (name: string) => fixturePath(`adapters/${name}`);
const sd1 = fixturePath("models/sd1");

/** What a command line writes, and its status. */
describe("noisette convert", () => {
  it("convert writes a file, says what is left out, and does not write over it", async () => {
    const path = at("a.safetensors");
    const { status, out, error } = await run("convert", sd1, "--out", path, "--type", "bf16");
    expect([status, out]).toEqual([0, `${path}\n`]);
    expect(error).toMatch(/the tokenizer and the configurations are left out/);
    const { networks } = await openCheckpoint(path, { config: sd1 });
    expect(new Set([...networks.unet.tensors.values()].map(({ type }) => type))).toEqual(new Set(["BF16"]));
    expect(await run("convert", sd1, "-o", path)).toMatchObject({
      status: 1,
      error: expect.stringMatching(/it exists/),
    });
    expect(await readdir(folder)).toEqual(["a.safetensors"]);
  });

  it("convert says what it wants when it is not told", async () => {
    expect((await run("convert")).error).toMatch(/Cannot convert 0 models/);
    expect(await run("convert", sd1)).toMatchObject({ status: 2, error: expect.stringMatching(/--out with/) });
  });
});

describe("noisette merge", () => {
  it("merge takes as many models as the method wants, and says so", async () => {
    expect((await run("merge", sd1, "-o", at("m"))).error).toMatch(/Cannot merge 1 models by weighted-sum: 2/);
    const three = ["merge", sd1, sd1, "-o", at("m"), "--method", "add-difference"];
    expect((await run(...three)).error).toMatch(/Cannot merge 2 models by add-difference: 3/);
    expect((await run("merge", sd1, sd1)).error).toMatch(/--out with/);
    const weights = ["--block-weights", Array(25).fill(0.5).join(",")];
    expect((await run("merge", sd1, sd1, "-o", at("m"), ...weights)).error).toMatch(/25 weights for blocks \(26/);
  });

  it("merge writes the mixture as a folder that opens", async () => {
    expect(await run("merge", sd1, sd1, "-w", "0.25", "-o", at("folder"))).toMatchObject({ status: 0 });
    expect((await openCheckpoint(at("folder"))).family).toBe("sd1");
  });
});

describe("noisette embedding", () => {
  it("embedding inspect tells names, form, vectors and what the file says", async () => {
    const { out } = await run("embedding", "inspect", adapter("ti_a1111_multi.pt"), adapter("ti_diffusers_single.bin"));
    expect(out).toMatch(/in prompts +ti_a1111_multi\n/);
    expect(out).toMatch(/vectors +3 × 24, lengths 1\.98, 1\.96, 2\.48\n/);
    expect(out).toMatch(/in prompts +ti_diffusers_single, <ti-single>\n/);
    const { out: json } = await run("embedding", "inspect", adapter("ti_diffusers_multi.safetensors"), "--json");
    expect(JSON.parse(json)).toMatchObject([{ form: "diffusers", parts: [{ part: "clip", vectors: 3, width: 24 }] }]);
    expect((await run("embedding", "inspect", adapter("hypernet_relu.pt"))).error).toMatch(/it is no embedding/);
    expect((await run("embedding", "inspect")).error).toMatch(/no file is given/);
  });
});

describe("noisette prompt", () => {
  it("prompt shows the vectors of embeddings, from files and from a folder", async () => {
    const embedding = ["--embedding", `${adapter("ti_a1111_multi.pt")}=zebra`];
    const { out } = await run("prompt", "a (zebra:1.2) fox", ...embedding);
    expect(out).toMatch(/chunk 1, 5 tokens: a zebra\[3 vectors\]×1\.2 fox/);
    const found = await run("prompt", "a ti_a1111_single", "--adapters", fixturePath("adapters"), "--model", sd1);
    expect(found.out).toMatch(/ti_a1111_single\[a vector\]/);
    const wrong = await run("prompt", "zebra", ...embedding, "--model", fixturePath("models/sdxl"));
    expect(wrong.error).toMatch(/it has vectors of width 24 \(clip_l of width 24 and clip_g of width 16 are wanted\)/);
    const comfyui = await run("prompt", "embedding:none fox", "--prompt-syntax", "comfyui");
    expect(comfyui.out).toMatch(/warning: "embedding:none" is not there: it is left out/);
  });
});
