// `noisette evaluate …` with networks of a few thousand weights.

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodePng } from "@noisette/core/platform/node";
import { train } from "@noisette/core/training/run";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../../../fixtures/command-line.ts";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { classedShapes, shapeJudge } from "../../../../fixtures/tiny-judge.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";

let root: string;
const [judge, all, some] = ["judge/model", "all", "some"].map((name) => () => join(root, name));

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "noisette-evaluate-"));
  const data = classedShapes();
  const engine = await sharedEngine();
  await train({ ...shapeJudge, steps: 2, validation: { examples: 0 } }, { engine, data, out: join(root, "judge") });
  for (const [folder, count] of [
    [all(), 36],
    [some(), 4],
  ] as const) {
    await mkdir(folder);
    const lines: string[] = [];
    for (let i = 0; i < count; i++) {
      const { image, caption, columns } = await data.read(i);
      await writeFile(join(folder, `${i}.png`), await encodePng(image));
      lines.push(JSON.stringify({ file_name: `${i}.png`, text: caption, label: i % 2, ...columns }));
    }
    await writeFile(join(folder, "metadata.jsonl"), lines.join("\n"));
  }
});
afterAll(() => rm(root, { recursive: true }));

const cpu = ["--device", "cpu", "--threads", "1"];
const evaluate = (...words: string[]) => run("evaluate", ...words, ...cpu);

describe("noisette evaluate judge", () => {
  it("evaluate judge makes a judge that evaluate pictures takes", async () => {
    const made = join(root, "fitted");
    const line = ["judge", all(), "--out", made, "--concept", "shape", "--style", "colour", "--size", "32"];
    const { status, out } = await evaluate(...line);
    expect([status, out]).toEqual([0, `${made}: 3 concepts and 2 styles, told apart by 36 pictures\n`]);
    const asked = ["--generated", some(), "--real", all(), "--features", `judge:${made}`, "--metric", "fid", "--json"];
    const { figures } = JSON.parse((await evaluate("pictures", ...asked)).out) as { figures: { value: number }[] };
    expect(figures[0].value).toBeGreaterThan(0);
  });

  it.each([
    [[], "Cannot make a judge: nothing is named (a folder, manifest or shards of pictures is wanted)"],
    [["some"], "Cannot make a judge: --out is missing"],
  ])("evaluate judge %j says what is wrong", async (words, message) => {
    const { status, error } = await evaluate("judge", ...words);
    expect([status, error]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe("noisette evaluate pictures", () => {
  it("evaluate pictures prints distances, and what makes them doubtful", async () => {
    const line = [
      "--generated",
      some(),
      "--real",
      all(),
      "--features",
      `judge:${judge()}`,
      "--metric",
      "fid,kid,psnr,ssim",
    ];
    const { status, out, error } = await evaluate("pictures", ...line, "--json");
    expect(status).toBe(0);
    const { figures, generated, real } = JSON.parse(out) as {
      figures: { name: string; value: number }[];
      generated: number;
      real: number;
    };
    expect([generated, real]).toEqual([4, 36]);
    expect(figures.map(({ name }) => name)).toEqual(["FD-judge", "kernel distance", "PSNR (dB)", "SSIM"]);
    expect(figures[3].value).toBe(1);
    expect(error).toMatch(
      /^note: FD-judge of 4 pictures has a covariance of less than full rank .* \(more than 16 pictures are wanted\)\n$/,
    );
  });

  it("evaluate pictures computes CLIP scores of captioned pictures", async () => {
    const line = ["--generated", some(), "--features", `clip:${fixturePath("models/clip")}`, "--metric", "clip"];
    expect(await evaluate("pictures", ...line)).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^CLIP score +[\d.]+ ± [\d.]+\n$/),
    });
  });

  it.each([
    [["--metric", "fdi"], 2, 'Cannot compute "fdi": no such metric (closest: "fid")'],
    [
      [],
      2,
      "Cannot evaluate pictures: --features KIND:PATH (inception, inception-torch-fidelity, judge, clip) is missing",
    ],
    [["--metric", "psnr"], 2, "Cannot evaluate pictures: --generated is missing"],
    [["--metric", "psnr", "--generated", "nowhere"], 1, 'Cannot open "nowhere": no such file or folder'],
  ])("evaluate pictures says what is wrong: case %#", async (line, status, message) => {
    expect(await evaluate("pictures", ...line)).toMatchObject({ status, error: `noisette: ${message}\n` });
  });

  it("evaluate pictures says how many are wanted when there are too few", async () => {
    const one = join(root, "one");
    await mkdir(one);
    await writeFile(join(one, "a.png"), await readFile(join(some(), "0.png")));
    const line = ["--generated", one, "--real", all(), "--features", `judge:${judge()}`, "--metric"];
    const { status, error } = await evaluate("pictures", ...line, "kid");
    expect(status).toBe(1);
    expect(error).toContain(
      "noisette: Cannot compute a kernel distance: 1 pictures on one side (at least 2 are wanted)\n",
    );
  });
});

it("evaluate autoencoder prints PSNR and SSIM", async () => {
  const line = [fixturePath("models/sd1/vae"), "--data", some(), "--size", "32", "--limit", "2"];
  const { status, out } = await evaluate("autoencoder", ...line);
  expect(status).toBe(0);
  expect(out).toMatch(
    /^autoencoder +AutoencoderKL, \d times smaller, 4 channels\npictures +2\nPSNR +[\d.]+ dB\nSSIM +-?[\d.]+\n$/,
  );
});

it("evaluate likelihood prints bits per dimension by both methods", async () => {
  const scheduler = JSON.parse(
    await readFile(fixturePath("models/ddpm/scheduler/scheduler_config.json"), "utf8"),
  ) as object;
  const model = join(root, "ddpm");
  for (const folder of ["unet", "scheduler"]) await mkdir(join(model, folder), { recursive: true });
  for (const name of await readdir(fixturePath("models/ddpm/unet")))
    await writeFile(join(model, "unet", name), await readFile(join(fixturePath("models/ddpm/unet"), name)));
  const short = { ...scheduler, num_train_timesteps: 4, beta_end: 0.5 };
  await writeFile(join(model, "scheduler", "scheduler_config.json"), JSON.stringify(short));
  const line = [model, "--data", some(), "--limit", "2", "--steps", "2", "--json"];
  const { status, out } = await evaluate("likelihood", ...line);
  expect(status).toBe(0);
  const { pictures, bound, flow } = JSON.parse(out) as {
    pictures: number;
    bound: { total: number; steps: number[] };
    flow: number;
  };
  expect(pictures).toBe(2);
  expect(bound.steps).toHaveLength(4);
  expect(bound.total).toBeGreaterThan(0);
  expect(Number.isFinite(flow)).toBe(true);
});

it("evaluate model makes a picture for each caption and prints the table of the model card", async () => {
  const results = join(root, "results");
  const line = [fixturePath("models/sd1"), "--data", some(), "--training", all(), "--judge", judge(), "--out", results];
  const made = [
    "--steps",
    "1",
    "--width",
    "64",
    "--height",
    "64",
    "--limit",
    "2",
    "--clip",
    fixturePath("models/clip"),
  ];
  const { status, out } = await evaluate("model", ...line, ...made);
  expect(status).toBe(0);
  expect(out).toMatch(
    /^\| pictures of \| count .*\| CLIP score \|\n(.*\n)*\| guessing \| – \| 33\.3 % \| 100\.0 % \| 50\.0 % \|/,
  );
  expect((await readdir(results)).toSorted()).toEqual([
    "00000.png",
    "00001.png",
    "metadata.jsonl",
    "report.json",
    "report.md",
  ]);
  expect(await readFile(join(results, "report.md"), "utf8")).toBe(out);
});
