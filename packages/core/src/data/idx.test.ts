import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { gzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { fashionMnistClasses, openIdx, parseIdx } from "./idx.ts";
import { openDataset } from "./open-dataset.ts";

const idx = (dims: readonly number[], values: Uint8Array) => {
  const bytes = new Uint8Array(4 + 4 * dims.length + values.length);
  bytes.set([0, 0, 8, dims.length]);
  dims.forEach((dim, i) => new DataView(bytes.buffer).setUint32(4 + 4 * i, dim));
  bytes.set(values, 4 + 4 * dims.length);
  return bytes;
};

describe("parseIdx()", () => {
  it("parseIdx() reads dimensions and values when plain or in gzip", () => {
    const bytes = idx([2, 3], Uint8Array.of(1, 2, 3, 4, 5, 6));
    const wanted = { dims: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    expect(parseIdx(bytes, "x")).toEqual(wanted);
    expect(parseIdx(gzipSync(bytes), "x")).toEqual(wanted);
  });

  it("parseIdx() throws its own errors when the bytes are arbitrary", () => {
    const head = fc.constantFrom([], [0, 0, 8], [0, 0, 8, 1], [0x1f, 0x8b], [0x1f, 0x8b, 8, 0]);
    fc.assert(
      fc.property(head, fc.uint8Array({ maxLength: 60 }), (start, rest) => {
        try {
          const { dims, data } = parseIdx(new Uint8Array([...start, ...rest]), "x");
          expect(data.length).toBe(dims.reduce((product, dim) => product * dim, 1));
        } catch (error) {
          expect((error as Error).message).toMatch(/^Cannot read "x": /);
        }
      }),
    );
  });
});

describe("openIdx()", () => {
  it("openIdx() gives pictures with labels and class names when both files are there", async () => {
    const folder = await mkdtemp(join(tmpdir(), "idx-"));
    try {
      await writeFile(
        join(folder, "train-images-idx3-ubyte.gz"),
        gzipSync(idx([2, 2, 2], Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7))),
      );
      await expect(openIdx(folder)).rejects.toThrow("train-labels-idx1-ubyte.gz");
      await writeFile(join(folder, "train-labels-idx1-ubyte"), idx([2], Uint8Array.of(9, 0)));
      const dataset = await openIdx(folder, { classes: fashionMnistClasses });
      expect(dataset.length).toBe(2);
      expect(await dataset.read(1)).toEqual({
        id: "train/1",
        image: { width: 2, height: 2, channels: 3, data: Uint8Array.of(4, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7) },
        label: 0,
        caption: "t-shirt",
        columns: {},
      });
      expect((await openDataset(folder)).hash).toBe(dataset.hash);
      await expect(openIdx(folder, { split: "test" })).rejects.toThrow("t10k-images-idx3-ubyte.gz");
      await writeFile(join(folder, "train-labels-idx1-ubyte"), idx([3], Uint8Array.of(9, 0, 1)));
      await expect(openIdx(folder)).rejects.toThrow("pictures [2,2,2] with labels [3] ([N,H,W] and [N] are wanted)");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
