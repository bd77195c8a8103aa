import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run as noisette } from "../../../../fixtures/command-line.ts";
import { readImage } from "@noisette/core/image/png";
import { readTextChunks } from "@noisette/core/image/png-metadata";
import { fixturePath, goldenTensor, readGolden } from "../../../../fixtures/read-golden.ts";

const ddpm = fixturePath("models/ddpm");
const engine = ["--device", "cpu", "--threads", "1"];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sample-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("noisette sample", () => {
  it("noisette sample makes DDPMPipeline's pictures, and --from makes one of them again as the same file", async () => {
    const golden = readGolden("cases/ddpm/ddpm");
    const seed = String(golden.json.seed);
    const asked = ["--seed", seed, "--seeding", "batch", "--count", "2", "--steps", "5"];
    const made = await noisette("sample", ddpm, ...asked, ...engine, "--out", folder);
    const [first, second, sheet] = made.out.trim().split("\n");
    expect([first, second, sheet]).toEqual(
      [`${seed}.png`, `${seed}-2.png`, `${seed}-sheet.png`].map((n) => join(folder, n)),
    );
    const bytes = [...(await readImage(first)).data, ...(await readImage(second)).data];
    (goldenTensor(golden, "out.image_u8").data as Uint8Array).forEach((value, i) =>
      expect(Math.abs(bytes[i] - value)).toBeLessThanOrEqual(1),
    );
    expect(readTextChunks(await readFile(second)).parameters).toMatch(
      /^Steps: 5, Sampler: ddpm, Seed: \d+, Size: 16x16/m,
    );

    const again = await noisette("sample", "--from", second, "--out", join(folder, "again"), ...engine);
    expect(again.status, again.error).toBe(0);
    expect(await readFile(again.out.trim())).toEqual(await readFile(second));
    expect(await noisette("generate", "--from", second)).toMatchObject({
      status: 1,
      error: `noisette: Cannot repeat "${second}": it was made without text (noisette sample --from is wanted)\n`,
    });
  });

  it("noisette sample makes pictures of each class and tells it in JSON and in their texts", async () => {
    const model = join(folder, "model");
    await cp(fixturePath("models/unet2d-class"), join(model, "unet"), { recursive: true });
    await cp(join(ddpm, "scheduler"), join(model, "scheduler"), { recursive: true });
    const asked = ["--class", "3,7", "--guidance", "2", "--steps", "2", "--seed", "1", "--sampler", "ddim"];
    const { out } = await noisette("sample", model, ...asked, ...engine, "--json", "--out", join(folder, "made"));
    const { pictures, device } = JSON.parse(out);
    expect(device).toBe("cpu");
    expect(pictures.map(({ record }: never) => (record as { options: object }).options)).toMatchObject([
      { classes: [3], seed: 1, guidanceScale: 2 },
      { classes: [7], seed: 2, guidanceScale: 2 },
    ]);
    expect(await readdir(join(folder, "made"))).toEqual(["1-sheet.png", "1.png", "2.png"]);
    const texts = readTextChunks(await readFile(pictures[1].path));
    expect(texts.parameters).toContain("Sampler: DDIM, CFG scale: 2, Seed: 2, Size: 16x16");
    expect(texts.parameters).toContain("Class: 7");

    // Other weights are another picture: only those who name a model can mean that.
    await cp(join(ddpm, "unet"), join(model, "unet"), { recursive: true });
    expect((await noisette("sample", "--from", pictures[1].path, ...engine)).error).toMatch(
      /Cannot repeat ".*2\.png": its model has other weights now, hash \w+ \(\w+ is wanted, or the name of another model\)/,
    );
  });

  it.each([
    [["sample"], 2, "Cannot sample: no model is named (a folder of unet and scheduler, or a Hub id, is wanted)"],
    [
      ["sample", ddpm, "a red fox"],
      2,
      "Cannot sample: 2 models are named (one is wanted; for a prompt, noisette generate)",
    ],
    [["sample", ddpm, "--prompt", "a red fox"], 2, "Cannot use --prompt: no such flag"],
    [["sample", ddpm, "--class", "x"], 2, 'Cannot use --class "x": 1 or more numbers with commas between'],
    [["sample", fixturePath("models/sd1")], 1, "its UNet is a UNet2DConditionModel"],
    [
      ["sample", "--from", fixturePath("metrics/img1.png")],
      1,
      "it does not tell how it was made (one of noisette sample is wanted)",
    ],
    [
      ["generate", "a fox", "--model", ddpm],
      1,
      "its UNet is a UNet2DModel, which takes no text (noisette sample makes its pictures)",
    ],
  ])("noisette says what is wrong with %j", async (line, status, message) => {
    const { error, ...ended } = await noisette(...line);
    expect(error).toContain(message);
    expect(ended.status).toBe(status);
  });
});
