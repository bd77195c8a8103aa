import { expect, it } from "vitest";
import { parametersOf } from "../../graph/graph.ts";
import { lpipsGraph } from "../../models/lpips.ts";
import type { StoredTensor } from "../../tensor/stored.ts";
import { lpipsName, lpipsTensors } from "./lpips.ts";

const tensor = { type: "F32", dims: [], file: "", offset: 0, byteLength: 4 } as const;
const named = (names: readonly string[]) =>
  new Map(names.map((name): [string, StoredTensor] => [name, { name, ...tensor }]));

it("lpipsTensors() gives every parameter when the files are torchvision's VGG16 and the heads", () => {
  // torchvision's vgg16: convolutions at these places of `features`, and a classifier.
  const places = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];
  const backbone = places.flatMap((place) => [`features.${place}.weight`, `features.${place}.bias`]);
  const heads = [0, 1, 2, 3, 4].map((i) => `lin${i}.model.1.weight`);
  const tensors = lpipsTensors(named([...backbone, "classifier.0.weight"]), named(heads));
  expect([...tensors.keys()].sort()).toEqual(
    parametersOf(lpipsGraph())
      .map(({ name }) => name)
      .sort(),
  );
});

it.each([
  ["net.slice3.14.weight", "net.slice3.14.weight"],
  ["scaling_layer.shift", undefined],
  ["lins.0.model.1.weight", undefined],
  ["features.30.weight", undefined],
])("lpipsName() of %s is %s when the file is the lpips package's own", (name, own) => {
  expect(lpipsName(name)).toBe(own);
});
