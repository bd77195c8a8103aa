// Where @noisette/sticker lies: the bundled model and its upscaler.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The file at `path` in @noisette/sticker, or undefined where the package or the file is missing. */
export function stickerFile(path: string): string | undefined {
  return packageFolders()
    .map((folder) => join(folder, path))
    .find((file) => existsSync(file));
}

/** As an installed package, and in a checkout whose packages are not linked. */
function packageFolders(): string[] {
  const checkout = fileURLToPath(new URL("../../../sticker", import.meta.url));
  try {
    return [dirname(createRequire(import.meta.url).resolve("@noisette/sticker/package.json")), checkout];
  } catch {
    return [checkout];
  }
}
