// docs/gallery.md and its pictures, made by the commands that stand beside them:
//
//   npx tsx --conditions=source scripts/gallery.ts MODEL [FLAGS…]      the flags go to every command: --device cpu

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommandLine } from "../packages/cli/src/run-command-line.ts";
import type { Image } from "../packages/core/src/image/image.ts";
import { writePicture } from "../packages/core/src/image/picture-file.ts";
import { readImage, writePng } from "../packages/core/src/image/png.ts";
import { resizeImage } from "../packages/core/src/image/resize.ts";

/** One part of the page. */
interface Exhibit {
  readonly title: string;
  /** What to look at. */
  readonly text: string;
  /** What stands after `noisette`: a command where it is not the usual one, prompts or pictures. */
  readonly words: readonly string[];
  /** What follows, without the flags that all commands have. */
  readonly flags: string;
  /** Files that the command reads or writes, to show in this order. */
  readonly shows: readonly string[];
}

const [subject, other] = ["a fox face", "an owl"];

/** The exhibits; later ones use the pictures of earlier ones. */
export const exhibits: readonly Exhibit[] = [
  {
    title: "Text to image",
    text: "The picture that the others start from.",
    words: [subject],
    flags: "--seed 1 --out start.png",
    shows: ["start.png"],
  },
  {
    title: "Image to image",
    text: "The same shapes, another subject.",
    words: [other],
    flags: "--init start.png --strength 0.7 --seed 2 --out image-to-image.png",
    shows: ["start.png", "image-to-image.png"],
  },
  {
    title: "Inpainting",
    text: "What is white in the mask is painted anew; the other pixels are the old ones.",
    words: [other],
    flags:
      "--init start.png --mask mask.png --strength 0.9 --mask-blur 2 --paste-original --seed 3 --out inpainted.png",
    shows: ["start.png", "mask.png", "inpainted.png"],
  },
  {
    title: "Outpainting",
    text: "More to the left and to the right.",
    words: [subject],
    flags: "--init start.png --outpaint 32,0,32,0 --strength 0.9 --fill fill --seed 4 --out outpainted.png",
    shows: ["outpainted.png"],
  },
  {
    title: "Variations",
    text: "The first picture's noise, turned a little towards two other seeds'.",
    words: [subject],
    flags: "--seed 1 --x variation-strength=0.1,0.2,0.4 --y variation-seed=10,11 --out variations",
    shows: ["variations/1-plot.png"],
  },
  {
    title: "Interpolation",
    text: "From prompt to prompt and from seed to seed.",
    words: ["interpolate", subject, other],
    flags: "--seeds 1,5 --frames 10 --prompt-blending slerp --back-and-forth --fps 8 --out interpolation.webp",
    shows: ["interpolation.webp"],
  },
  {
    title: "Attention",
    text: "Where each word was looked at, in the first, the second and the fourth step.",
    words: [subject],
    flags: "--seed 1 --attention --attention-steps 1,2,4 --out attention.png",
    shows: ["attention-attention.png"],
  },
  {
    title: "Prompts that change",
    text: "One subject up to a part of the steps, then the other.",
    words: [`[${subject}:${other}:0.9]`],
    flags: "--seed 1 --x prompt-sr=0.9,0.6,0.4,0.2,0.1 --out editing",
    shows: ["editing/1-plot.png"],
  },
  {
    title: "Steps by samplers",
    text: "One prompt and seed.",
    words: [subject],
    flags: "--seed 1 --x steps=4,8,16 --y sampler=euler,dpmpp_2m,euler_ancestral --out samplers",
    shows: ["samplers/1-plot.png"],
  },
  {
    title: "Upscaling",
    text: "Four times as large, by the network that comes with the project.",
    words: ["upscale", "start.png"],
    flags: "--out upscaled.png",
    shows: ["upscaled.png"],
  },
];

/** The largest the pictures may be together. */
const mostBytes = 2e6;
const longestSide = 720;

/**
 * Runs the commands with `model` and writes gallery.md and the folder gallery to `docs`. Throws Error when a command fails, or
 * the pictures become too large for a repository.
 */
export async function makeGallery(
  model: string,
  {
    docs,
    flags = [],
    shown: chosen = exhibits,
  }: { readonly docs: string; readonly flags?: readonly string[]; readonly shown?: readonly Exhibit[] },
): Promise<void> {
  const pictures = join(resolve(docs), "gallery");
  mkdirSync(pictures, { recursive: true });
  const before = { folder: process.cwd(), model: process.env.NOISETTE_MODEL };
  process.env.NOISETTE_MODEL = resolve(model);
  const work = mkdtempSync(join(tmpdir(), "noisette-gallery-"));
  process.chdir(work);
  try {
    const shown = new Set<string>();
    for (const { shows, ...exhibit } of chosen) {
      const line = lineOf(exhibit, flags);
      if ((await runCommandLine(line)) !== 0) throw new Error(`Cannot make the gallery: "${written(line)}" failed`);
      if (shown.size === 0) await writePng("mask.png", disc(await readImage("start.png")));
      for (const file of shows) if (!shown.has(file)) await show(file, pictures);
      for (const file of shows) shown.add(file);
    }
    const bytes = [...shown].reduce((sum, file) => sum + statSync(join(pictures, webpName(file))).size, 0);
    if (bytes > mostBytes) throw new Error(`Cannot keep the gallery: it has ${bytes} bytes (${mostBytes} at most)`);
    writeFileSync(join(docs, "gallery.md"), galleryPage(chosen, flags));
  } finally {
    process.chdir(before.folder);
    if (before.model === undefined) delete process.env.NOISETTE_MODEL;
    else process.env.NOISETTE_MODEL = before.model;
    rmSync(work, { recursive: true });
  }
}

/** The words of an exhibit's command line; a command on pictures only does not take what is said of generation. */
export const lineOf = ({ words, flags }: Pick<Exhibit, "words" | "flags">, common: readonly string[]): string[] => [
  ...words,
  ...flags.split(" "),
  ...(words[0] === "upscale" ? [] : common),
];

/** White in the lower middle. */
function disc({ width, height }: Image): Image {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return Math.hypot(x - width / 2, y - 0.6 * height) < width / 4 ? 255 : 0;
  });
  return { width, height, channels: 3, data };
}

/** `file` among the gallery's pictures, as WebP no larger than a page is wide. */
async function show(file: string, pictures: string): Promise<void> {
  const to = join(pictures, webpName(file));
  if (extname(file) === ".webp") return copyFileSync(file, to);
  const image = await readImage(file);
  const scale = Math.min(1, longestSide / Math.max(image.width, image.height));
  const size = { width: Math.round(image.width * scale), height: Math.round(image.height * scale) };
  await writePicture(to, scale === 1 ? image : resizeImage(image, { ...size, filter: "lanczos" }), { format: "webp" });
}

const webpName = (file: string): string => `${file.replace(/\.\w+$/, "").replaceAll("/", "-")}.webp`;

function galleryPage(chosen: readonly Exhibit[], flags: readonly string[]): string {
  const parts = chosen.map(
    ({ title, text, shows, ...exhibit }) => `## ${title}

${text}

    noisette ${written(lineOf(exhibit, flags))}

${shows.map((file) => `![${title}](gallery/${webpName(file)})`).join(" ")}
`,
  );
  return `# Gallery

Made by [scripts/gallery.ts](../scripts/gallery.ts), which runs the commands on this page in one folder, with the model in the
environment's \`NOISETTE_MODEL\`. The mask is a white disc on black.

${parts.join("\n")}`;
}

/** Words as a shell takes them. */
const written = (words: readonly string[]): string =>
  words.map((word) => (/^[\w.,/=:-]+$/.test(word) ? word : `"${word}"`)).join(" ");

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [model, ...flags] = process.argv.slice(2);
  if (model === undefined) throw new Error("Cannot make a gallery: no model (scripts/gallery.ts MODEL is wanted)");
  await makeGallery(model, { docs: fileURLToPath(new URL("../docs", import.meta.url)), flags });
}
