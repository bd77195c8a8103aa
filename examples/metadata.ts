// A picture that says how it was made, and one made again from what another says, whichever program wrote it:
// npx tsx --conditions=source examples/metadata.ts [PICTURE]

import type { GenerateOptions, Image, Model } from "noisette";
import { formatInfotext } from "@noisette/core/image/infotext";
import { readPictureText, writePicture } from "@noisette/core/image/picture-file";
import { readBytes } from "@noisette/core/image/png";
import { infotextFields } from "@noisette/core/metadata/infotext-fields";
import { readSettings } from "@noisette/core/metadata/read-settings";
import { runExample } from "./run-example.ts";

/** Writes a picture to `path`, a WebP file with A1111's parameters in it. */
export async function writeWithSettings(
  sd: Model,
  { path, ...options }: GenerateOptions & { path: string; prompt: string },
): Promise<Image> {
  const [{ image, record }] = (await sd.generate(options)).images;
  const parameters = formatInfotext({ prompt: options.prompt, fields: infotextFields(record) });
  await writePicture(path, image!, { format: "webp", text: { parameters } });
  return image!;
}

/** The picture that the file at `path` describes, made again; what the file says and we cannot do is printed. */
export async function makeAgain(sd: Model, path: string): Promise<Image> {
  const settings = readSettings(readPictureText(await readBytes(path)));
  if (settings === undefined) throw new Error(`Cannot make "${path}" again: it does not say how it was made`);
  for (const what of settings.notReproduced) console.log(`not reproduced: ${what}`);
  return (await sd.generate(settings.options)).images[0].image!;
}

await runExample(import.meta.url, async (sd, [picture]) => ({
  fox:
    picture === undefined
      ? await writeWithSettings(sd, { path: "fox.webp", prompt: "a red fox", seed: 1 })
      : await makeAgain(sd, picture),
}));
