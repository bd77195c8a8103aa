import { describe, expect, test } from "vitest";
import { seedSequence } from "./seed-sequence.ts";

// numpy 2.4: numpy.random.SeedSequence(entropy=…, spawn_key=…, pool_size=…).generate_state(4)
const vectors = [
  [0n, [], 24, [4025752534, 2687548107, 2326983537, 1576567101]],
  [42n, [], 24, [387750627, 2536650517, 4078839648, 2023786165]],
  [42n, [5, 3], 24, [3084123560, 468215949, 242942938, 2650128260]],
  [1099511627783n, [8589934593, 36], 24, [1293568654, 1105218182, 136755221, 4119892061]],
  [1n, [], 4, [1835504127, 1731038949, 1320224556, 2330041505]],
  [123456789012345678901234567890n, [1, 2], 4, [1995862743, 281196425, 2822600635, 4274821555]],
] as const;

describe("seedSequence", () => {
  test.each(vectors)(
    "seedSequence() gives numpy's words when asked for %s at %j",
    (entropy, path, poolSize, expected) => {
      expect([...seedSequence(entropy, 4, { path, poolSize })]).toEqual([...expected]);
    },
  );
});
