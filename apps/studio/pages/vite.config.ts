// Builds the static site: Create and Learn without a server, at any address below which its files are put.

import { fileURLToPath } from "node:url";
import { mergeConfig } from "vite";
import studio from "../vite.config.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export default mergeConfig(studio, {
  root: path("."),
  build: { outDir: path("../../../dist/pages") },
});
