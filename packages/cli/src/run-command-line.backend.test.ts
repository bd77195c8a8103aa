// The command line from its words to its files, in this process.

import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { run } from "../../../fixtures/command-line.ts";
import { version } from "@noisette/core/util/version";
import { readImage } from "@noisette/core/image/png";
import { readTextChunks, withTextChunks } from "@noisette/core/image/png-metadata";
import { defaultModel } from "./models/default-model.ts";

const models = fileURLToPath(new URL("../../../fixtures/models", import.meta.url));
const sd1 = join(models, "sd1");
const small = "--device cpu --width 64 --height 64 --steps 2 --sampler euler".split(" ").concat("--model", sd1);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
  for (const name of ["NOISETTE_MODEL", "NOISETTE_MODELS"]) vi.stubEnv(name, "");
  vi.stubEnv("HF_HOME", join(folder, "huggingface"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** What the line does: its status and what it writes. */
describe("runCommandLine()", () => {
  it.each([
    [["generate"], 2, 'Cannot generate: no prompt (noisette "a red fox in the snow", or "" for none)'],
    [["x", "--steps", "0"], 2, 'Cannot use --steps "0": an integer from 1 to 1000 is wanted'],
    [["x", "--width", "100"], 2, 'Cannot use --width "100": a multiple of 8 from 8 to 16384 is wanted'],
    [["x", "--seed", "-5"], 2, 'Cannot use --seed "-5": an integer, 0 or more is wanted'],
    [
      ["--sampler", "eulr", "x"],
      2,
      'Cannot use --sampler "eulr": no such value (closest: "euler"; noisette samplers lists them)',
    ],
    [
      ["x", "--count", "2", "--out", "fox.png"],
      2,
      'Cannot save 2 pictures as "fox.png": it names one (a folder is wanted)',
    ],
    [["x", "--from", "none.png"], 1, 'Cannot open "none.png": no such file or folder'],
    [
      ["samplers", "eulr"],
      2,
      'Cannot describe "eulr": no such sampler (closest: "euler"; noisette schedules lists the schedules)',
    ],
    [["schedules", "karas"], 2, 'Cannot describe "karas": no such schedule (closest: "karras")'],
    [["upscale"], 2, "Cannot upscale: no picture (noisette upscale PICTURE…)"],
    [["upscale", "none.png"], 1, 'Cannot open "none.png": no such file or folder'],
    [["models", "--jsn"], 2, "Cannot use --jsn: no such flag (closest: --json; --help lists them)"],
    [["inspect"], 2, "Cannot inspect 0 things: one file, folder or Hub id is wanted"],
    [["inspect", "none.png"], 1, 'Cannot open "none.png": no such file or folder'],
  ])("runCommandLine() writes one line and gives a status when the line is %j", async (line, status, message) => {
    expect(await run(...line)).toEqual({ status, out: "", error: `noisette: ${message}\n` });
  });

  it("runCommandLine() finds out before the work when nothing can be saved", async () => {
    await writeFile(join(folder, "file"), "");
    const out = join(folder, "file/below");
    expect(await run("x", "--out", out, "--model", "owner/model-that-is-not-fetched")).toEqual({
      status: 1,
      out: "",
      error: `noisette: Cannot save pictures in "${out}": not a directory (a folder that can be written is wanted)\n`,
    });
  });

  it("runCommandLine() shows where an error arose when it is verbose", async () => {
    const { status, error } = await run("x", "--out", folder, "--model", "no-model", "--verbose");
    expect({ status, error }).toEqual({
      status: 1,
      error: expect.stringMatching(/noisette: Error: Cannot find "no-model": .*\n\s+at /),
    });
  });

  it("runCommandLine() shows the overview, the version and a command's help when asked", async () => {
    expect(await run("--version")).toEqual({ status: 0, out: `${version}\n`, error: "" });
    for (const line of [[], ["--help"], ["-h"], ["help"]])
      expect((await run(...line)).out).toMatch(/inspect +Say what is in/);
    expect((await run("generate", "-h")).out).toContain("--guidance X");
    expect((await run("a fox", "--help")).out).toContain("--guidance X");
  });

  it("runCommandLine() hands latents from one generation to another when --denoising-end ends the first", async () => {
    const base = await run("x", "--seed", "3", "--denoising-end", "0.5", "--out", folder, ...small, "--steps", "4");
    expect(base).toMatchObject({ status: 0, out: `${join(folder, "3.safetensors")}\n` });
    const picture = join(folder, "b.png");
    const rest = await run(
      "x",
      "--seed",
      "3",
      "--init",
      join(folder, "3.safetensors"),
      "--denoising-start",
      "0.5",
      "--out",
      picture,
      ...small,
      "--steps",
      "4",
    );
    expect(rest).toMatchObject({ status: 0, out: `${picture}\n` });
    expect(await readImage(picture)).toMatchObject({ width: 64, height: 64 });
  });

  it("runCommandLine() refuses to repeat a picture when the model's weights are others now", async () => {
    const path = join(folder, "a.png");
    await run("x", "--seed", "1", "--out", path, ...small);
    const png = await readFile(path);
    const record = readTextChunks(png).noisette.replace(/"hash":"[0-9a-f]{10}"/, '"hash":"0000000000"');
    await writeFile(path, withTextChunks(png, { noisette: record }));
    const refused = await run("--from", path, "--out", folder);
    expect(refused).toMatchObject({
      status: 1,
      error: expect.stringMatching(
        /^noisette: Cannot repeat ".*a\.png": ".*sd1" has other weights now, hash [0-9a-f]{10} \(0000000000 is wanted/m,
      ),
    });
    const elsewhere = await run("--from", path, "--out", folder, ...small);
    expect(elsewhere).toMatchObject({ status: 0, error: expect.stringContaining("the picture will be another") });
  });

  it("runCommandLine() takes the default model and says so when none is named", async () => {
    const path = join(folder, "fox.png");
    const { status, error } = await run(
      "a fox",
      "--steps",
      "1",
      "--sampler",
      "euler",
      "--device",
      "cpu",
      "--out",
      path,
    );
    const { notice, side = 256 } = defaultModel();
    expect({ status, error }).toEqual({ status: 0, error: expect.stringContaining(notice) });
    expect(await readImage(path)).toMatchObject({ width: side, height: side });
  });

  it("runCommandLine() times a model when told to bench", async () => {
    const { status, out } = await run("bench", ...small, "--json");
    const report = JSON.parse(out);
    expect({ status, report }).toMatchObject({
      status: 0,
      report: { device: "cpu", width: 64, height: 64, model: sd1 },
    });
    expect(report.stepsMs).toHaveLength(2);
    for (const key of ["loadMs", "encodeMs", "stepMs", "decodeMs"]) expect(report[key], key).toBeGreaterThan(0);
    if (process.platform === "linux") expect(report.peakBytes).toBeGreaterThan(10e6);
  });

  it("runCommandLine() says which devices work and keeps the token secret when told to doctor", async () => {
    vi.stubEnv("HF_TOKEN", "secret");
    const { status, out } = await run("doctor", "--json");
    expect({ status, leaks: out.includes("secret") }).toEqual({ status: 0, leaks: false });
    const report = JSON.parse(out);
    expect(report.devices).toContainEqual({ device: "cpu" });
    expect(report.hub).toMatchObject({ cacheFolder: join(folder, "huggingface/hub"), cacheBytes: 0, hasToken: true });
    expect(report.environment).toMatchObject({ HF_HOME: join(folder, "huggingface"), HF_TOKEN: "(set)" });
  });

  it("runCommandLine() tells about checkpoints and pictures when told to inspect", async () => {
    expect((await run("inspect", sd1)).out).toMatch(/a Stable Diffusion checkpoint[\s\S]*family +sd1/);
    expect(JSON.parse((await run("inspect", sd1, "--json")).out)).toMatchObject({ model: { family: "sd1" } });
    const path = join(folder, "fox.png");
    await run("a fox", "--out", path, ...small);
    expect((await run("inspect", path)).out).toMatch(/^parameters\n {2}a fox\n {2}Steps: 2, /);
    expect(JSON.parse((await run("inspect", path, "--json")).out).noisette.options.prompt).toBe("a fox");
  });

  it("runCommandLine() lists checkpoints of folders and of the Hub's cache when told to list models", async () => {
    expect((await run("models")).out).toContain("No checkpoints found");
    const commit = "a".repeat(40);
    const repository = join(folder, "huggingface/hub/models--owner--tiny");
    await mkdir(join(repository, "refs"), { recursive: true });
    await mkdir(join(repository, "snapshots"));
    await writeFile(join(repository, "refs/main"), commit);
    await symlink(sd1, join(repository, "snapshots", commit), "dir");
    vi.stubEnv("NOISETTE_MODELS", models);
    const { out } = await run("models");
    expect(out).toMatch(/^sd1 +575 kB {2}owner\/tiny$/m);
    expect(out).toMatch(/^sdxl-refiner +327 kB {2}.*sdxl-refiner$/m);
    const found = JSON.parse((await run("models", "--json")).out) as { name: string; family: string }[];
    expect(found.find(({ name }) => name === "owner/tiny")).toMatchObject({ family: "sd1", sizeBytes: 574826 });
  });

  it("runCommandLine() lists samplers or schedules, and tells all about one, when told to", async () => {
    const samplers = (await run("samplers")).out;
    expect(samplers).toMatch(/^euler_ancestral +1 +1 +SDE +Euler a +2006\.11239$/m);
    const schedules = (await run("schedules")).out;
    expect(schedules).toMatch(/^karras +.*A1111 Karras/m);
    expect(`${samplers}${schedules}`.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect((await run("samplers", "heun")).out).toContain("A1111 Heun; ComfyUI heun");
    expect((await run("schedules", "lcm")).out).toMatch(/^levels +/m);
    const listed = JSON.parse((await run("samplers", "--json")).out).samplers;
    expect(listed.heun).toMatchObject({ order: 2 });
    expect(Object.keys(listed).length).toBeGreaterThanOrEqual(50);
    const rows = JSON.parse((await run("schedules", "--json")).out).schedules;
    expect(rows.karras).toMatchObject({ title: expect.any(String) });
    expect(Object.keys(rows).length).toBeGreaterThanOrEqual(20);
  });
});
