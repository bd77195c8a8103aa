import { defineConfig } from "vitest/config";

// Tests run from source: the "source" export condition maps every workspace import to its .ts file.
export default defineConfig({
  resolve: { conditions: ["source", "node"] },
  ssr: { resolve: { conditions: ["source", "node"], externalConditions: ["source"] } },
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "apps/*/src/**/*.test.ts",
      "scripts/**/*.test.ts",
      "examples/**/*.test.ts",
      "fidelity/**/*.test.ts",
    ],
    pool: "forks",
    maxWorkers: 2,
    // Files of one worker share its process and its modules: a process and its imports for each take as long as most tests.
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 240_000,
    // Real processes, sockets and browsers on machines that others use too: what fails twice is broken.
    retry: process.env.CI ? 1 : 0,
  },
});
