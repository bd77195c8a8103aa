// Makes the sticker package of a trained diffusion model: weights as 16-bit floats, the upscaler beside them, card and NOTICE.
//
//   npx tsx --conditions=source scripts/assemble-sticker.ts [MODEL = runs/sticker-details/model]
//     [DECODER = runs/sticker-forgiving-decoder/model] [FOLDER = packages/sticker]

import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { preferencesKey } from "@noisette/core/checkpoints/preferences";
import type { Preferences } from "@noisette/core/checkpoints/preferences";
import { readSafetensorsFile } from "@noisette/core/safetensors/read";
import { readTensors } from "@noisette/core/safetensors/read-tensor";
import { writeSafetensors } from "@noisette/core/safetensors/write";
import { saveJson } from "@noisette/core/checkpoints/save/model-parts";
import { stickerCard } from "./sticker/card.ts";
import type { StickerEvaluation } from "./sticker/evaluate.ts";
import { packageNotice } from "./sticker/notice.ts";
import { lastDecoder, lastTrained } from "./sticker/recipes.ts";
import { readRecords } from "./recipes/stage-records.ts";

/** All files together. */
const largestBytes = 40e6;
const upscaler = "upscaler/realesr-animevideov3-x4.safetensors";
const bundled = fileURLToPath(new URL("../packages/sticker", import.meta.url));

/** What to put together. */
export interface AssembleOptions {
  /** Folder of the model that was trained: all parts of it, in diffusers layout. */
  readonly model: string;
  /** Folder of the autoencoder whose decoder learnt on; its latents are the model's. */
  readonly decoder: string;
  /** The package's folder; what it holds of an older model is replaced. */
  readonly into: string;
  /** How the model is used where nobody says. */
  readonly preferences: Pick<Preferences, "steps" | "guidanceScale">;
  /** The recipe's results, for the card. */
  readonly results: string;
}

/** Writes the package and returns its size. Throws Error when it is too large. */
export async function assembleSticker({
  model,
  decoder,
  into,
  preferences,
  results,
}: AssembleOptions): Promise<number> {
  const index = JSON.parse(await readFile(join(model, "model_index.json"), "utf8")) as Record<string, unknown>;
  const parts = Object.keys(index).filter((name) => Array.isArray(index[name]) && index[name][1] !== null);
  for (const part of parts) await copyPart(part === "vae" ? decoder : join(model, part), join(into, part));
  for (const name of [upscaler, "upscaler/LICENSE"]) {
    await mkdir(join(into, "upscaler"), { recursive: true });
    if (into !== bundled) await copyFile(join(bundled, name), join(into, name));
  }
  await writeFile(join(into, "NOTICE"), packageNotice);
  await saveJson(join(into, "model_index.json"), { ...index, [preferencesKey]: { upscaler, ...preferences } });

  const sizeBytes = await folderBytes(into);
  if (sizeBytes > largestBytes)
    throw new Error(`Cannot assemble "${into}": its files are ${sizeBytes} bytes (${largestBytes} at most are wanted)`);
  const records = await readRecords(results);
  const evaluation = records.evaluate?.result as StickerEvaluation | undefined;
  await writeFile(join(into, "README.md"), stickerCard({ records, evaluation, sizeBytes }));
  return sizeBytes;
}

/** Bits of the mantissa that weights keep, of float16's ten: what is left out is noise (docs/log.md), and zeros in its place pack well. */
const mantissaBits = 6;

/** Rounds float32 `values` to the nearest ones of so many bits, in place. */
function round(values: Float32Array): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const dropped = 23 - mantissaBits;
  // Half of the last bit that stays is added, and a carry may raise the exponent, as it should.
  for (let i = 0; i < bits.length; i++) bits[i] = ((bits[i] + (1 << (dropped - 1))) >>> dropped) << dropped;
}

/** Copies a component's folder; float32 weights become float16, rounded. */
async function copyPart(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  // The package has one card.
  for (const name of (await readdir(from)).filter((one) => one !== "README.md")) {
    if (!name.endsWith(".safetensors")) {
      await copyFile(join(from, name), join(to, name));
      continue;
    }
    const { tensors, metadata } = await readSafetensorsFile(join(from, name));
    const weights = await readTensors(tensors);
    for (const { data } of weights.values()) round(data);
    await writeSafetensors(join(to, name), weights, { metadata, floatType: "F16" });
  }
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => stat(file)))).reduce((sum, { size }) => sum + size, 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [model = `runs/sticker-${lastTrained}/model`, decoder = `runs/sticker-${lastDecoder}/model`, into = bundled] =
    process.argv.slice(2);
  const results = join(dirname(fileURLToPath(import.meta.url)), "../recipes/sticker/results.json");
  const preferences = { steps: 20, guidanceScale: 3 };
  const sizeBytes = await assembleSticker({ model, decoder, into, preferences, results });
  process.stdout.write(`${into}: ${(sizeBytes / 1e6).toFixed(1)} MB\n`);
}
