// Builds the studio into the server package, which serves it (packages/server/dist/studio).

import { fileURLToPath } from "node:url";
import { defaultClientConditions, defineConfig } from "vite";
import { bundledModel } from "./bundled-model.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

const api = process.env.NOISETTE_SERVER ?? "http://127.0.0.1:7860";

export default defineConfig({
  root: path("."),
  // Every address is relative: the page works below any path.
  base: "./",
  resolve: { conditions: ["source", ...defaultClientConditions] },
  plugins: [bundledModel()],
  build: {
    outDir: path("../../packages/server/dist/studio"),
    emptyOutDir: true,
    target: "es2022",
    // The vocabulary of the tokenizer must stay a file of its own.
    assetsInlineLimit: (file) => !file.endsWith(".gz") && undefined,
    chunkSizeWarningLimit: 800,
  },
  worker: { format: "es" },
  // For work on the page itself: `vite` beside a running server, which takes requests of its own origin alone.
  server: { proxy: { "/v1": { target: api, changeOrigin: true, headers: { origin: api } } } },
});
