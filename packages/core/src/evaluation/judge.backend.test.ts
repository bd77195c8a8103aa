// A judge from its training to what it says of pictures, at a tiny size.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { classedShapes, shapeJudge } from "../../../../fixtures/tiny-judge.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import type { Engine } from "../runtime/engine.ts";
import type { TrainingEvent } from "../training/events.ts";
import { subset } from "../training/examples.ts";
import { train } from "../training/run.ts";
import { classReport } from "./class-report.ts";
import { classTable } from "./class-table.ts";
import { topShares } from "./class-scores.ts";
import { readFeatureNetwork } from "./feature-network.ts";
import { fitJudge } from "./fit-judge.ts";
import { readJudge } from "./judge-files.ts";
import { openFeatureExtractor } from "./picture-features.ts";
import { pictureReport } from "./picture-report.ts";

let engine: Engine;
let root: string;
const data = classedShapes();
const events: TrainingEvent[] = [];
beforeAll(async () => {
  engine = await sharedEngine();
  root = await mkdtemp(join(tmpdir(), "noisette-judge-"));
  await train(shapeJudge, { engine, data, out: root, tell: (event) => void events.push(event) });
});
afterAll(async () => {
  await rm(root, { recursive: true });
});
const model = () => join(root, "model");

describe("a judge's training", () => {
  it("openJudgeTrainer() learns both classes when there are few", () => {
    const [last] = events.filter((event) => event.kind === "validation").slice(-1);
    expect(last.scalars.conceptAccuracy).toBeGreaterThan(0.9);
    expect(last.scalars.styleAccuracy).toBeGreaterThan(0.9);
  });

  it("readJudge() has the classes in the order of their names", async () => {
    const judge = await readJudge(model());
    expect(judge.concepts).toEqual(["box", "cross", "ring"]);
    expect(judge.styles).toEqual(["blue", "red"]);
    expect(judge.columns).toEqual({ concept: "shape", style: "colour" });
  });

  it("openJudgeTrainer() names the picture that has no class", async () => {
    const recipe = { ...shapeJudge, classes: { concept: "kind" } };
    await expect(train(recipe, { engine, data, out: join(root, "other") })).rejects.toThrow(
      'Cannot tell the class of "shape 0": its column "kind" is not there (a name or number is wanted)',
    );
  });
});

describe("fitJudge()", () => {
  const columns = { concept: "shape", style: "colour" };
  const trunk = fileURLToPath(new URL("../../../server/assets/nsfw", import.meta.url));
  const half = (odd: number) =>
    subset(
      data,
      Array.from({ length: 36 }, (_, i) => i).filter((i) => Math.floor(i / 6) % 2 === odd),
    );

  it("fitJudge() tells pictures of other sizes apart than it was fitted to", async () => {
    const out = join(root, "fitted");
    expect(await fitJudge(engine, { data: half(0), columns, trunk, out, size: 64 })).toEqual({
      pictures: 18,
      concepts: 3,
      styles: 2,
    });
    const judge = await readJudge(out);
    expect(judge.columns).toEqual(columns);
    const extractor = await openFeatureExtractor(engine, await readFeatureNetwork(`judge:${out}`));
    const others = half(1);
    const { features, logits, styles } = await extractor.extract(others).finally(extractor.close);
    expect(features.dims).toEqual([18, 576]);
    const wanted = Array.from({ length: 18 }, (_, i) => others.describe(i).columns);
    const shapes = wanted.map(({ shape }) => judge.concepts.indexOf(shape as string));
    const colours = wanted.map(({ colour }) => judge.styles.indexOf(colour as string));
    expect(topShares(logits!, shapes).top1).toBe(1);
    expect(topShares(styles!, colours).top1).toBe(1);
  });

  it("fitJudge() names what it cannot work with", async () => {
    const given = { data, columns, trunk, out: join(root, "never") };
    await expect(fitJudge(engine, { ...given, size: 100 })).rejects.toThrow(
      `Cannot use "${trunk}" for pictures of 100 × 100 pixels: it halves them five times (a multiple of 32 is wanted)`,
    );
    await expect(fitJudge(engine, { ...given, columns: { concept: "kind" } })).rejects.toThrow(
      'Cannot tell the class of "shape 0"',
    );
    await expect(fitJudge(engine, { ...given, data: half(0), size: 32, trunk: model() })).rejects.toThrow(
      `config "classes" is absent`,
    );
    await expect(readJudge(given.out)).rejects.toThrow("never");
  });
});

describe("openFeatureExtractor()", () => {
  it("openFeatureExtractor() gives the same features whatever the batches", async () => {
    const extractor = await openFeatureExtractor(engine, await readFeatureNetwork(`judge:${model()}`));
    const some = subset(data, [3, 1, 4, 1, 5]);
    const [one, all] = [await extractor.extract(some, { batchSize: 2 }), await extractor.extract(some)];
    await extractor.close();
    expect(one.features.dims).toEqual([5, extractor.network.width]);
    expect(one.logits!.dims).toEqual([5, 3]);
    expect(one.styles!.dims).toEqual([5, 2]);
    const difference = one.features.data.map((value, i) => Math.abs(value - all.features.data[i]));
    expect(Math.max(...difference)).toBeLessThan(1e-5);
  });

  it("openFeatureExtractor() stops when it is told to", async () => {
    const extractor = await openFeatureExtractor(engine, await readFeatureNetwork(`judge:${model()}`));
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(extractor.extract(data, { signal })).rejects.toThrow("enough");
    await extractor.close();
  });

  it("readFeatureNetwork() lists the kinds when it knows none of the name", async () => {
    await expect(readFeatureNetwork("vgg:x")).rejects.toThrow(
      'Cannot open feature network "vgg:x": it is of no known kind (inception:PATH, inception-torch-fidelity:PATH, judge:PATH, clip:PATH)',
    );
  });
});

describe("classReport()", () => {
  it("classReport() finds the real pictures right, the other style wrong, and copies to be copies", async () => {
    const [real, training] = [
      subset(data, [0, 1, 2, 3, 4, 5]),
      subset(
        data,
        Array.from({ length: 24 }, (_, i) => 6 + i),
      ),
    ];
    const generated = await Promise.all([6, 7, 8, 9, 10, 11].map(async (i) => (await data.read(i)).image));
    const report = await classReport(engine, { judge: model(), generated, real, training });
    const { sets, chance, neighbours } = report;
    expect(chance).toEqual({ top1: 1 / 3, top5: 1, style: 1 / 2 });
    expect(sets.real).toMatchObject({ pictures: 6, concept: { top5: 1 }, distance: undefined });
    expect(sets.real!.concept.top1).toBeGreaterThan(0.8);
    expect(sets.generated!.distance).toBeGreaterThan(0);
    expect(sets.otherStyle!.concept.top1).toBeGreaterThan(0.8);
    expect(sets.otherStyle!.style).toBeLessThan(0.2);
    expect(neighbours.generated.mean).toBe(0);
    expect(neighbours.real.mean).toBeGreaterThan(0.01);
    expect(report.notices).toEqual([
      "FD-judge of 6 pictures has a covariance of less than full rank and comes out too high (more than 16 pictures are wanted)",
    ]);
    expect(classTable(report)).toMatch(
      /^\| pictures of \| count \| concept top-1 .*\n\| --- \| ---: .*\n\| generated \| 6 \| /,
    );
  });

  it("classReport() says how many pictures there are when the sets are not of one size", async () => {
    const options = { judge: model(), generated: [], real: data, training: data };
    await expect(classReport(engine, options)).rejects.toThrow(
      "Cannot compare 0 generated pictures with 36 real ones (one for each is wanted)",
    );
  });
});

describe("pictureReport()", () => {
  it("pictureReport() finds no distance between a set and itself, and none of its metrics lacks a name", async () => {
    const metrics = ["fid", "kid", "is", "precision", "nearest", "psnr", "ssim"];
    const { figures } = await pictureReport(engine, {
      metrics,
      features: `judge:${model()}`,
      real: data,
      generated: data,
      pairs: [[0, 1]],
    });
    const value = (name: string) => figures.find((figure) => figure.name === name)!.value;
    expect(value("FD-judge")).toBeCloseTo(0, 6);
    expect(value("kernel distance")).toBeLessThan(0.01);
    expect(value("precision")).toBe(1);
    expect(value("distance to the nearest real picture")).toBeLessThan(1e-5);
    expect(value("inception score")).toBeGreaterThan(1.5);
    expect(value("PSNR (dB)")).toBeGreaterThan(0);
    expect(figures.map(({ name }) => name)).toHaveLength(10);
  });

  it.each([
    ["fid", undefined, 'Cannot compute "fid": there are no real pictures (a folder of them is wanted)'],
    [
      "kid",
      { count: 3, mean: new Float64Array(2), covariance: new Float64Array(4) },
      'Cannot compute "kid": there are no real pictures, only their statistics (a folder of them is wanted)',
    ],
    ["psnr", undefined, 'Cannot compute "psnr": no two pictures have the same name (pairs of them are wanted)'],
  ])("pictureReport() says what %s lacks", async (metric, real, message) => {
    const options = { metrics: [metric], features: `judge:${model()}`, real, generated: data };
    await expect(pictureReport(engine, options)).rejects.toThrow(message);
  });
});

it("topShares() counts a class that is as high as the wanted one as higher", () => {
  const scores = { dims: [2, 6], data: Float32Array.of(1, 1, 0, 0, 0, 0, 6, 5, 4, 3, 2, 1) };
  expect(topShares(scores, [0, 0])).toEqual({ top1: 0.5, top5: 1 });
  expect(topShares(scores, [2, 5])).toEqual({ top1: 0, top5: 0 });
  expect(topShares(scores, [-1, 0])).toEqual({ top1: 0.5, top5: 0.5 });
});
