import { existsSync } from "node:fs";
import { defineConfig } from "vitest/config";

// Without a GPU, Chromium's software Vulkan driver lets ONNX Runtime's WebGPU provider run in Node.
const softwareVulkan = "/usr/lib/chromium/vk_swiftshader_icd.json";
const useSoftwareVulkan = existsSync(softwareVulkan) && !existsSync("/dev/dri") && !existsSync("/dev/nvidia0");

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
    testTimeout: 120_000,
    hookTimeout: 240_000,
    // Real processes, sockets and browsers on machines that others use too: what fails twice is broken.
    retry: process.env.CI ? 1 : 0,
    env: useSoftwareVulkan ? { VK_DRIVER_FILES: softwareVulkan } : {},
  },
});
