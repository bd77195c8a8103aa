import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { tensor } from "../../tensor/tensor.ts";
import type { Moments } from "./autoencoder-files.ts";
import { openExampleCache } from "./example-cache.ts";
import type { ExampleCacheOptions } from "./example-cache.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "examples-"));
  return () => rm(folder, { recursive: true });
});

/** Example i is [2,1,1] or, where it is odd, [2,1,2], of values i + ⅓ and more; so is its log variance, below 0. */
function options(name: string, key = "a"): ExampleCacheOptions<Moments> & { readonly encoded: number[] } {
  const encoded: number[] = [];
  const dimsOf = (index: number) => [2, 1, 1 + (index % 2)];
  return {
    path: join(folder, name),
    key,
    length: 6,
    dimsOf,
    async encode(indices) {
      encoded.push(...indices);
      const dims = [indices.length, ...dimsOf(indices[0])];
      const values = indices.flatMap((index) =>
        dimsOf(index).flatMap((dim, i) => Array(i === 2 ? 2 * dim : 0).fill(index + 1 / 3)),
      );
      const mean = tensor(dims, Float32Array.from(values));
      return {
        mean,
        logVariance: tensor(
          dims,
          mean.data.map((value) => -value),
        ),
      };
    },
    batchSize: 4,
    onProgress() {},
    encoded,
  };
}

it("openExampleCache() encodes every example once, and gives the same from its file as at first, to 11 bits", async () => {
  const [first, second] = [options("a.safetensors"), options("a.safetensors")];
  const [fresh, kept] = [await openExampleCache(first), await openExampleCache(second)];
  expect([first.encoded, second.encoded]).toEqual([[0, 1, 2, 3, 4, 5], []]);
  for (const indices of [[0, 4, 2], [5, 1], [3]]) {
    const { mean, logVariance } = fresh.take(indices);
    expect(mean.dims).toEqual([indices.length, 2, 1, 1 + (indices[0] % 2)]);
    const size = mean.data.length / indices.length;
    mean.data.forEach((value, i) => {
      const exact = indices[Math.floor(i / size)] + 1 / 3;
      expect(Math.abs(value - exact)).toBeLessThan(exact * 2 ** -11);
      expect(logVariance!.data[i]).toBe(-value);
    });
    expect(kept.take(indices)).toEqual({ mean, logVariance });
  }
});

it("openExampleCache() encodes anew when the file is of something else", async () => {
  await openExampleCache(options("b.safetensors"));
  const other = options("b.safetensors", "b");
  await openExampleCache(other);
  expect(other.encoded).toHaveLength(6);
});
