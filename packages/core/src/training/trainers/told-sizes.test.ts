import { expect, it } from "vitest";
import { toldSizes } from "./told-sizes.ts";

const image = (width: number, height: number) => ({
  id: "a",
  columns: {},
  image: { width, height, channels: 3 as const, data: new Uint8Array() },
});
const shape = { width: 64, height: 64 };

it("toldSizes() gives the size before the picture was resized, and the cut after", () => {
  // 200×100 becomes 128×64, of which the middle 64 columns are learnt.
  const fitted = { ...image(64, 64), whole: { width: 200, height: 100 } };
  const told = toldSizes([fitted, image(200, 100), image(100, 300)], { count: 4, shape, fit: "crop" });
  expect(told.dims).toEqual([4, 6]);
  const rows = [
    [100, 200, 0, 32, 64, 64],
    [100, 200, 0, 32, 64, 64],
    [300, 100, 64, 0, 64, 64],
    [64, 64, 0, 0, 64, 64],
  ];
  expect([...told.data]).toEqual(rows.flat());
});

it.each(["pad", "stretch"] as const)("toldSizes() tells of no cut when fit is %j", (fit) => {
  expect([...toldSizes([image(200, 100)], { count: 1, shape, fit }).data]).toEqual([100, 200, 0, 0, 64, 64]);
});
