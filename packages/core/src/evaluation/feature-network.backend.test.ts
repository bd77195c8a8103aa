import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readConfig, readImageEncoder } from "../checkpoints/image-encoder.ts";
import { saveJson, savePart } from "../checkpoints/save/model-parts.ts";
import { saveTokenizer } from "../checkpoints/save/tokenizer-folder.ts";
import { readTokenizerFiles } from "../checkpoints/tokenizer-files.ts";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { classedShapes } from "../../../../fixtures/tiny-judge.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { parametersOf } from "../graph/graph.ts";
import type { PublishedConfig } from "../models/config.ts";
import { inceptionV3Graph } from "../models/inception-v3.ts";
import type { Engine } from "../runtime/engine.ts";
import { readTensors } from "../safetensors/read-tensor.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { clipScore } from "./clip-score.ts";
import { captionFeatures } from "./caption-features.ts";
import { readFeatureNetwork } from "./feature-network.ts";
import { openFeatureExtractor } from "./picture-features.ts";

let engine: Engine;
let root: string;
beforeAll(async () => {
  engine = await sharedEngine();
  root = await mkdtemp(join(tmpdir(), "noisette-features-"));
});
afterAll(async () => {
  await rm(root, { recursive: true });
});
const pictures = classedShapes({ count: 3 });

it("readFeatureNetwork() tells an Inception's sizes from its weights, and that it is not the published one", async () => {
  const weights = parametersOf(inceptionV3Graph({ width: 1 / 16, classes: 10 })).map(
    ({ name, dims }, i): [string, Tensor] => {
      const size = dims.reduce((a, b) => a * b, 1);
      return [name, tensor(dims, new TorchGenerator(i).uniform(size, 0.1, 1))];
    },
  );
  const path = join(root, "inception.safetensors");
  await writeSafetensors(path, weights);
  const network = await readFeatureNetwork(`inception:${path}`);
  expect(network).toMatchObject({ distance: "Fréchet distance on a smaller Inception", width: 128 });
  const extractor = await openFeatureExtractor(engine, network);
  const { features, logits } = await extractor.extract(pictures, { batchSize: 2 });
  await extractor.close();
  expect([features.dims, logits!.dims]).toEqual([
    [3, 128],
    [3, 10],
  ]);
  const other = await readFeatureNetwork(`inception-torch-fidelity:${path}`);
  expect(other.distance).toBe("Fréchet distance on a smaller Inception (pictures as in torch-fidelity)");
});

it("captionFeatures() and CLIP's image tower are of one width, so that they have scores", async () => {
  const folder = fixturePath("models/clip");
  const extractor = await openFeatureExtractor(engine, await readFeatureNetwork(`clip:${folder}`));
  const { features, logits } = await extractor.extract(pictures);
  await extractor.close();
  const texts = await captionFeatures(engine, folder, ["a red box", "a blue ring", "a fox"], { batchSize: 2 });
  expect(logits).toBeUndefined();
  expect(texts.dims).toEqual(features.dims);
  expect(clipScore(features, texts).scores).toHaveLength(3);
});

it("readFeatureNetwork() sees with what a text tower learnt to agree with, through its projection", async () => {
  const clip = fixturePath("models/clip");
  const { config, tensors } = await readImageEncoder(clip);
  const { text_config: text, ...published } = await readConfig(clip);
  const width = config.projection;
  const folder = join(root, "text tower");
  const image_tower = { network: "clip", path: clip, image_size: config.imageSize };
  const texts = [...(await readTensors(tensors))].filter(([name]) => name.startsWith("text_"));
  const doubled = Float32Array.from({ length: width * width }, (_, i) => (i % (width + 1) === 0 ? 2 : 0));
  await savePart(folder, {
    folder: "",
    weightsName: "model",
    config: { ...(text as PublishedConfig), projection_dim: published.projection_dim, image_tower },
    tensors: new Map([
      ...texts,
      ["image_projection.weight", tensor([width, width], doubled)],
      ["image_projection.bias", tensor([width], new Float32Array(width).fill(1))],
    ]),
  });
  await saveTokenizer(folder, await readTokenizerFiles(clip));

  const features = async (path: string) => {
    const extractor = await openFeatureExtractor(engine, await readFeatureNetwork(`clip:${path}`));
    return (await extractor.extract(pictures).finally(extractor.close)).features;
  };
  const [own, beside] = [await features(clip), await features(folder)];
  own.data.forEach((value, i) => expect(beside.data[i]).toBeCloseTo(2 * value + 1, 4));
  const captions = ["a red box", "a fox"];
  expect(await captionFeatures(engine, folder, captions)).toEqual(await captionFeatures(engine, clip, captions));
  const { image_tower: _, ...rest } = await readConfig(folder);
  await saveJson(join(folder, "config.json"), {
    ...rest,
    image_tower: { ...image_tower, path: join(root, "nowhere") },
  });
  await expect(readFeatureNetwork(`clip:${folder}`)).rejects.toThrow("nowhere");
});
