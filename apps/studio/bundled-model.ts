// Which model the page runs by itself, and where its files are: the module "virtual:bundled-model". This is the one place that says so.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const at = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const id = "virtual:bundled-model";
const resolved = `\0${id}`;
/** What this build of ONNX Runtime loads, on WebGPU as on the CPU. */
const runtime = "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm";

/** The folder that the environment names, else the sticker model, or in a checkout without its weights the practice model. */
const models = [
  ...[process.env.NOISETTE_PAGES_MODEL ?? []].flat().map((folder) => ({ folder, isPractice: false })),
  { folder: at("../../packages/sticker"), isPractice: false },
  { folder: at("../../fixtures/models/sd1"), isPractice: true },
];

/** A Vite plugin that gives the bundled model's files addresses of their own. */
export function bundledModel(): Plugin {
  return {
    name: "bundled-model",
    resolveId: (wanted) => (wanted === id ? resolved : undefined),
    load(wanted) {
      if (wanted !== resolved) return undefined;
      const model = models.find(({ folder }) => existsSync(join(folder, "unet/diffusion_pytorch_model.safetensors")));
      if (model === undefined)
        throw new Error(`Cannot bundle a model: none of ${models.map((m) => m.folder)} is there`);
      const paths = modelFiles(model.folder);
      const sizeOf = (path: string) => statSync(join(model.folder, path)).size;
      const runtimeFile = createRequire(import.meta.url).resolve(runtime);
      const files = paths.map(
        (path, i) => `{ path: ${JSON.stringify(path)}, url: url${i}, sizeBytes: ${sizeOf(path)} }`,
      );
      return [
        `import runtimeUrl from ${JSON.stringify(`${runtimeFile}?url&no-inline`)};`,
        ...paths.map(
          (path, i) => `import url${i} from ${JSON.stringify(`${join(model.folder, path)}?url&no-inline`)};`,
        ),
        `export const name = ${JSON.stringify(basename(model.folder))};`,
        `export const isPractice = ${model.isPractice};`,
        `export const runtime = { url: runtimeUrl, sizeBytes: ${statSync(runtimeFile).size} };`,
        `export const files = [${files.join(", ")}];`,
      ].join("\n");
    },
  };
}

/** The files that make up the diffusers folder `folder`: its index, its components, its upscaler. */
function modelFiles(folder: string): string[] {
  const index = JSON.parse(readFileSync(join(folder, "model_index.json"), "utf8")) as Record<string, unknown>;
  const components = Object.keys(index).filter((name) => Array.isArray(index[name]) && index[name][1] !== null);
  const inside = components.flatMap((name) => readdirSync(join(folder, name)).map((file) => `${name}/${file}`));
  const { upscaler } = (index._noisette ?? {}) as { upscaler?: string };
  return ["model_index.json", ...inside, ...(upscaler === undefined ? [] : [upscaler])];
}
