import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { graphOf, parametersOf } from "../graph/graph.ts";
import { input } from "../graph/ops/source.ts";
import { parameters } from "../graph/params.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import { inceptionV3, inceptionV3Graph } from "./inception-v3.ts";

it("inceptionV3() has torchvision's names and sizes when it has 1008 classes", () => {
  const listed = parametersOf(inceptionV3Graph());
  const sizes = Object.fromEntries(listed.map(({ name, dims }) => [name, dims]));
  expect(sizes).toMatchObject({
    "Conv2d_1a_3x3.conv.weight": [32, 3, 3, 3],
    "Conv2d_1a_3x3.bn.running_var": [32],
    "Mixed_5b.branch5x5_2.conv.weight": [64, 48, 5, 5],
    "Mixed_5d.branch_pool.conv.weight": [64, 288, 1, 1],
    "Mixed_6b.branch7x7_2.conv.weight": [128, 128, 1, 7],
    "Mixed_6e.branch7x7dbl_2.conv.weight": [192, 192, 7, 1],
    "Mixed_7a.branch7x7x3_4.conv.weight": [192, 192, 3, 3],
    "Mixed_7c.branch3x3dbl_3b.conv.weight": [384, 384, 3, 1],
    "Mixed_7c.branch_pool.conv.weight": [192, 2048, 1, 1],
    "fc.weight": [1008, 2048],
    "fc.bias": [1008],
  });
  // torchvision's inception_v3 without auxiliary head: 23,834,568 learned numbers for 1000 classes.
  const learned = listed.filter(({ name }) => !name.includes("running_"));
  const count = learned.reduce((sum, { dims }) => sum + elementCount(dims), 0);
  expect(count).toBe(23_834_568 + 8 * 2049);
});

it("inceptionV3() keeps a constant picture constant when its convolutions average the channels", async () => {
  // Every tap but the middle is 0, so that only pools could see the border: TensorFlow's leave out what is outside.
  const config = { width: 1 / 32, classes: 3 };
  const dims = [1, 3, 75, 75];
  const { logits, features, logitsUnbiased } = inceptionV3(parameters(), input("pixels", dims), config);
  const graph = graphOf("inception", { logits, features, logitsUnbiased });
  const weights = parametersOf(graph).map(({ name, dims: sizes }) => {
    const data = new Float32Array(elementCount(sizes));
    if (sizes.length === 4) {
      const [, inputs, height, width] = sizes;
      const middle = ((height - 1) / 2) * width + (width - 1) / 2;
      for (let i = middle; i < data.length; i += height * width) data[i] = 1 / inputs;
    } else if (name.endsWith("running_var")) data.fill(1 - 1e-3);
    else if (name.endsWith("bn.weight") || name.startsWith("fc.")) data.fill(1);
    return [name, tensor(sizes, data)] as const;
  });
  const folder = await mkdtemp(join(tmpdir(), "inception-"));
  await writeSafetensors(join(folder, "weights.safetensors"), weights);
  const { tensors } = await readWeights(join(folder, "weights.safetensors"));
  const engine = await sharedEngine();
  const pixels = tensor(dims, new Float32Array(elementCount(dims)).fill(0.7));
  const results = await evaluate(engine, graph, { pixels }, { tensors });
  await rm(folder, { recursive: true });
  results.features.data.forEach((value) => expect(value).toBeCloseTo(0.7, 5));
  const sum = 0.7 * results.features.data.length;
  results.logits.data.forEach((value) => expect(value).toBeCloseTo(sum + 1, 3));
  results.logitsUnbiased.data.forEach((value) => expect(value).toBeCloseTo(sum, 3));
});
