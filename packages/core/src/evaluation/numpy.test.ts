// NumPy files written here byte by byte, and arbitrary ones.

import fc from "fast-check";
import { zipSync } from "fflate";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readNpy, readNpz } from "./numpy.ts";
import { readStatistics } from "./saved-statistics.ts";

function npy(dims: readonly number[], data: Float32Array | Float64Array, order = "False"): Uint8Array {
  const type = data instanceof Float32Array ? "<f4" : "<f8";
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(", ");
  const text = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${shape}), }`.padEnd(117) + "\n";
  const header = new Uint8Array(10);
  header.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, text.length & 255, text.length >> 8]);
  return new Uint8Array([...header, ...new TextEncoder().encode(text), ...new Uint8Array(data.buffer)]);
}

it("readNpy() gives the array when written as float32 or float64", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { maxLength: 20 }), fc.boolean(), (values, single) => {
      const data = single ? Float32Array.from(values) : Float64Array.from(values);
      expect(readNpy(npy([data.length], data), "a.npy")).toEqual({
        dims: [data.length],
        data: Float64Array.from(data),
      });
    }),
  );
});

it("readNpy() and readNpz() throw an Error when given any other bytes", () => {
  const valid = npy([2, 3], new Float64Array(6));
  const damaged = fc.tuple(fc.nat(valid.length - 1), fc.nat(255)).map(([at, byte]) => valid.with(at, byte));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        damaged,
        fc.nat(valid.length).map((n) => valid.slice(0, n)),
      ),
      (bytes) => {
        for (const read of [readNpy, readNpz]) {
          try {
            const result = read(bytes, "a");
            if (!(result instanceof Map)) expect(result.data.length).toBeLessThanOrEqual(6);
          } catch (error) {
            expect((error as Error).message).toMatch(/^Cannot read "a/);
          }
        }
      },
    ),
  );
});

it("readNpy() throws when the array is stored column by column", () => {
  expect(() => readNpy(npy([2, 2], new Float64Array(4), "True"), "a.npy")).toThrow(
    'Cannot read "a.npy": it is stored column by column (C order is wanted)',
  );
});

describe("readStatistics()", () => {
  const inFile = async <T>(members: Record<string, Uint8Array>, use: (path: string) => Promise<T>) => {
    const folder = await mkdtemp(join(tmpdir(), "noisette-"));
    const path = join(folder, "a.npz");
    await writeFile(path, zipSync(members));
    return use(path).finally(() => rm(folder, { recursive: true }));
  };
  it("gives the mean and covariance that pytorch-fid saves", async () => {
    const [mean, covariance] = [Float64Array.of(1, 2), Float64Array.of(2, 1, 1, 3)];
    await inFile({ "mu.npy": npy([2], mean), "sigma.npy": npy([2, 2], covariance) }, async (path) => {
      expect(await readStatistics(path)).toEqual({ count: Number.NaN, mean, covariance });
    });
  });
  it("throws when the covariance does not fit", async () => {
    await inFile(
      { "mu.npy": npy([3], new Float64Array(3)), "sigma.npy": npy([2, 2], new Float64Array(4)) },
      async (path) => {
        await expect(readStatistics(path)).rejects.toThrow(`"sigma" is [2,2] ([3,3] is wanted)`);
      },
    );
  });
  it("throws when an array is missing", async () => {
    await inFile({ "mu.npy": npy([3], new Float64Array(3)) }, async (path) => {
      await expect(readStatistics(path)).rejects.toThrow(`it has "mu" ("mu" and "sigma" are wanted)`);
    });
  });
});
