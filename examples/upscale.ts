// A picture four times as large by an ESRGAN or Real-ESRGAN network (.pth or .safetensors):
// npx tsx --conditions=source examples/upscale.ts PICTURE [NETWORK]

import { fileURLToPath } from "node:url";
import type { Image } from "noisette";
import { readImage, writePng } from "@noisette/core/image/png";
import { loadUpscaler } from "@noisette/core/pipelines/upscale";
import { openEngine } from "@noisette/core/runtime/open-engine";

/** The network that comes with the project. */
export const bundledNetwork = fileURLToPath(
  new URL("../packages/sticker/upscaler/realesr-animevideov3-x4.safetensors", import.meta.url),
);

/** `picture` enlarged by the network in the file `path`, in tiles that leave no seam. */
export async function enlarge(picture: Image, path: string): Promise<Image> {
  const engine = await openEngine({ device: "cpu" });
  try {
    const { upscale } = await loadUpscaler(engine, path);
    return await upscale(picture, {
      tile: 128,
      overlap: 24,
      onProgress: ({ done, total }) => console.log(`tile ${done} of ${total}`),
    });
  } finally {
    await engine.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [picture, network = bundledNetwork] = process.argv.slice(2);
  await writePng("upscaled.png", await enlarge(await readImage(picture), network));
}
