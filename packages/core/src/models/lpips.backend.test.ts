import { beforeAll, describe, expect, it } from "vitest";
import { fixturePath, goldenFloats, readGolden } from "../../../../fixtures/read-golden.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import { parametersOf } from "../graph/graph.ts";
import { tensorFromImages } from "../image/pixels.ts";
import { readImage } from "../image/png.ts";
import type { Engine } from "../runtime/engine.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { lpipsGraph } from "./lpips.ts";

/** The tiny network of the golden file, whose own names count convolutions. */
const slices = [[4, 4], [6, 6], [8, 8], [8], [8]];
async function goldenWeights() {
  const { tensors } = await readWeights(fixturePath("metrics/lpips.safetensors"));
  const places = [[0, 2], [5, 7], [10, 12], [15], [18]];
  return new Map(
    [...tensors].map(([name, tensor]) => [
      name
        .replace(/^net\.slice(\d)\.conv(\d)/, (_, i, j) => `net.slice${Number(i) + 1}.${places[i][j]}`)
        .replace(/^lin(\d)/, "lin$1.model.1"),
      tensor,
    ]),
  );
}

let engine: Engine;
beforeAll(async () => void (engine = await sharedEngine()));

describe("lpips", () => {
  const picture = (name: string) => readImage(fixturePath(`metrics/${name}.png`));

  it("lpips() is taming-transformers' when the network is tiny", async () => {
    const [one, two, three] = await Promise.all(["img1", "img2", "img3"].map(picture));
    const { distance } = await evaluate(
      engine,
      lpipsGraph(slices),
      { a: tensorFromImages([one, one, three]), b: tensorFromImages([two, three, two]) },
      { tensors: await goldenWeights() },
    );
    expect(distance.dims).toEqual([3, 1, 1, 1]);
    const expected = goldenFloats(readGolden("metrics/lpips"), "out.lpips");
    expected.forEach((value, i) => expect(Math.abs(distance.data[i] / value - 1)).toBeLessThan(1e-5));
  });

  it("lpips() is 0 when the pictures are equal", async () => {
    const a = tensorFromImages([await picture("img1")]);
    const { distance } = await evaluate(engine, lpipsGraph(slices), { a, b: a }, { tensors: await goldenWeights() });
    expect(distance.data[0]).toBe(0);
  });

  it("lpips() has the names and sizes of the published network when it is VGG16", () => {
    const sizes = Object.fromEntries(parametersOf(lpipsGraph()).map(({ name, dims }) => [name, dims]));
    expect(Object.keys(sizes)).toHaveLength(2 * 13 + 5);
    expect(sizes).toMatchObject({
      "net.slice1.0.weight": [64, 3, 3, 3],
      "net.slice2.7.bias": [128],
      "net.slice3.14.weight": [256, 256, 3, 3],
      "net.slice5.28.weight": [512, 512, 3, 3],
      "lin0.model.1.weight": [1, 64, 1, 1],
      "lin4.model.1.weight": [1, 512, 1, 1],
    });
  });
});
