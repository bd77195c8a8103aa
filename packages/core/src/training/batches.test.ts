import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchesFrom, epochBatches } from "./batches.ts";

const anyOptions = fc
  .record({
    length: fc.integer({ min: 1, max: 60 }),
    batchSize: fc.integer({ min: 1, max: 9 }),
    seed: fc.nat(),
    shapes: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ shapes, ...options }) => ({
    ...options,
    groups: Array.from({ length: options.length }, (_, i) => i % shapes),
  }));

describe("epochBatches()", () => {
  it("epochBatches() makes full batches of one group, with no example twice unless its group is smaller than a batch", () => {
    fc.assert(
      fc.property(anyOptions, fc.nat(5), (options, epoch) => {
        const batches = epochBatches(epoch, options);
        expect(batches.length).toBeGreaterThan(0);
        for (const batch of batches) {
          expect(batch).toHaveLength(options.batchSize);
          const group = options.groups[batch[0]];
          expect(batch.every((index) => options.groups[index] === group)).toBe(true);
        }
        const sizeOf = (group: number) => options.groups.filter((other) => other === group).length;
        const seen = batches.flat().filter((index) => sizeOf(options.groups[index]) >= options.batchSize);
        expect(new Set(seen).size).toBe(seen.length);
      }),
    );
  });

  it("epochBatches() leaves out less than a batch of each group", () => {
    const batches = epochBatches(0, { length: 23, batchSize: 5, seed: 1 });
    expect(batches).toHaveLength(4);
    expect(epochBatches(1, { length: 23, batchSize: 5, seed: 1 })).not.toEqual(batches);
  });

  it("epochBatches() fills a batch by repetition when there are fewer examples", () => {
    expect(epochBatches(0, { length: 1, batchSize: 4, seed: 0 })).toEqual([[0, 0, 0, 0]]);
  });
});

describe("batchesFrom()", () => {
  it("batchesFrom() goes on from any position as if it had not stopped", () => {
    fc.assert(
      fc.property(anyOptions, fc.nat(12), (options, stopped) => {
        const all = batchesFrom({ epoch: 0, batch: 0 }, options);
        let position = { epoch: 0, batch: 0 };
        for (let i = 0; i < stopped; i++) position = all.next().value.next;
        const resumed = batchesFrom(position, options);
        for (let i = 0; i < 5; i++) expect(resumed.next().value).toEqual(all.next().value);
      }),
    );
  });
});
