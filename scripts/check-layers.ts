// The house's walls: who may import whom. This is the one place that holds the list of layers.

import { posix } from "node:path";
import { builtinModules } from "node:module";
import { importedModules } from "./parse-module.ts";
import { isPackageSource, isTest, type SourceFile } from "./source-files.ts";

/** The folders of packages/core/src, lowest first: a file imports only from its own folder or one further up this list. */
export const layers = [
  "util",
  "platform",
  "tensor",
  "image",
  "diffusion",
  "safetensors",
  "onnx",
  "graph",
  "autodiff",
  "nn",
  "models",
  "tokenizers",
  "prompts",
  "runtime",
  "checkpoints",
  "adapters",
  "pipelines",
  "metadata",
  "data",
  "training",
  "evaluation",
] as const;

/** The packages, lowest first, by folder and by published name: a package imports only from packages further up. */
export const packages = [
  { folder: "core", name: "@noisette/core" },
  { folder: "sticker", name: "@noisette/sticker" },
  { folder: "server", name: "@noisette/server" },
  { folder: "cli", name: "noisette" },
] as const;

const order = layers.join(" → ");
const packageOrder = packages.map(({ folder }) => folder).join(" → ");

/** Where an import may stand although the rule is otherwise closed; paths inside packages/core/src. */
const nodeFiles = /^(platform\/node|runtime\/ort-node[\w-]*)\.ts$/;

/**
 * Returns one finding for every import that goes through a wall. Tests may import from any layer (they need a
 * runtime to run a graph) and from `node:*`, but not from another package further down.
 */
export function checkLayers(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => isPackageSource(path))
    .flatMap((file) =>
      importedModules(file).flatMap(({ specifier, line }) => {
        const broken = brokenRule(file.path, specifier);
        return broken === undefined ? [] : [`${file.path}:${line} imports "${specifier}": ${broken}`];
      }),
    );
}

function brokenRule(path: string, specifier: string): string | undefined {
  const [, folder, inside] = /^packages\/([^/]+)\/src\/(.*)$/.exec(path) ?? ["", "", ""];
  return (
    packageRule(folder, specifier) ?? (folder === "core" ? coreRule(inside, specifier) : relativeRule(path, specifier))
  );
}

function packageRule(folder: string, specifier: string): string | undefined {
  const wanted = packages.findIndex(({ name }) => specifier === name || specifier.startsWith(`${name}/`));
  if (wanted < 0) return undefined;
  const own = packages.findIndex((p) => p.folder === folder);
  if (wanted === own) return "a package imports its own files by relative path";
  return wanted < own
    ? undefined
    : `${folder} may not import ${packages[wanted].folder} (order of packages: ${packageOrder})`;
}

function relativeRule(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const [, source] = /^(packages\/[^/]+\/src\/)/.exec(path) ?? [];
  const target = posix.join(posix.dirname(path), specifier);
  if (target.startsWith(source!) || (isTest(path) && target.startsWith("fixtures/"))) return undefined;
  return `"${target}" lies outside the package (import it by the package's name)`;
}

function coreRule(inside: string, specifier: string): string | undefined {
  if (specifier.startsWith("node:") || builtinModules.includes(specifier)) {
    if (isTest(inside) || nodeFiles.test(inside)) return undefined;
    return 'node:* belongs in platform/node.ts and runtime/ort-node*.ts (reach the machine through "#platform")';
  }
  const layer = inside.includes("/") ? inside.slice(0, inside.indexOf("/")) : undefined;
  if (specifier.startsWith("onnxruntime-")) {
    return layer === "runtime" ? undefined : "only runtime/ imports onnxruntime-*";
  }
  if (specifier !== "#platform" && !specifier.startsWith(".")) return undefined;

  const outside = relativeRule(`packages/core/src/${inside}`, specifier);
  if (outside !== undefined) return outside;
  if (layer === undefined || isTest(inside)) return undefined; // index.ts and its like stand on top of every layer

  const target = specifier === "#platform" ? "platform/node.ts" : posix.join(posix.dirname(inside), specifier);
  if (!target.includes("/")) return `"${target}" stands above the layers (import the file that holds the thing)`;
  const from = layers.findIndex((name) => name === layer);
  const to = layers.findIndex((name) => target.startsWith(`${name}/`));
  if (from < 0) return `"${layer}" is no layer (layers: ${order})`;
  if (to < 0) return `"${target}" is in no layer (layers: ${order})`;
  return to <= from ? undefined : `"${target}" is in a later layer than ${layer} (order: ${order})`;
}
