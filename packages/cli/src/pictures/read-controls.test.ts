import { resolve } from "node:path";
import { expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { readControls } from "./read-controls.ts";

const picture = fixturePath("cases/controlnet-sd1/control_image.png");

it("readControls() reads the pictures, and takes paths in full", async () => {
  const { controls } = await readControls([{ path: "package.json", image: picture, weight: 0.5 }]);
  expect(controls).toEqual([
    { path: resolve("package.json"), weight: 0.5, image: expect.objectContaining({ width: 64, height: 64 }) },
  ]);
  expect((await readControls([{ path: "owner/name" }])).controls).toEqual([{ path: "owner/name" }]);
});

it("readControls() lends what is left open from the picture to repeat, by number", async () => {
  const earlier = [{ path: "a", weight: 0.3 }, { path: "b" }];
  expect((await readControls([{ end: 0.5 }], earlier)).controls).toEqual([{ path: "a", weight: 0.3, end: 0.5 }]);
  expect((await readControls([{ path: "c" }], [{ weight: 2 }])).controls).toEqual([{ path: "c", weight: 2 }]);
  expect((await readControls(undefined, earlier)).controls).toEqual(earlier);
  expect(await readControls(undefined, [{ weight: 1 }])).toEqual({});
});

it("readControls() asks for the network when none is named", async () => {
  await expect(readControls([{ image: picture }])).rejects.toThrow(
    `Cannot follow "${picture}": no network is named (--control MODEL,image=FILE is wanted)`,
  );
});
