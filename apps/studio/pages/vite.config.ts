// Builds the static site: Create and Learn without a server, at any address below which its files are put.

import { fileURLToPath } from "node:url";
import { defaultClientConditions, defineConfig } from "vite";
import { bundledModel } from "../bundled-model.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  root: path("."),
  base: "./",
  resolve: { conditions: ["source", ...defaultClientConditions] },
  plugins: [bundledModel()],
  build: {
    outDir: path("../../../dist/pages"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: (file) => !file.endsWith(".gz") && undefined,
    chunkSizeWarningLimit: 800,
  },
  worker: { format: "es" },
});
