// What can be done with a finished picture, in one table: the rows under pictures, the viewer and the gallery show it.

import type { ImageRecord } from "@noisette/server/schema/image";
import { client } from "../state/api.ts";
import { openInCanvas } from "../state/canvas-source.ts";
import { takeOptions } from "../state/create-settings.ts";
import type { Options } from "../state/create-settings.ts";
import { sendJob } from "../state/jobs.ts";
import { goTo } from "../state/route.ts";
import { toast } from "../state/toast.ts";
import { text } from "../text/text.ts";
import type { IconName } from "../ui/icon.tsx";

/** Something to do with a picture. */
export interface PictureAction {
  readonly id: "vary" | "upscale" | "init" | "inpaint" | "outpaint" | "reuse" | "again" | "copy" | "download";
  readonly icon: IconName;
  /** The picture is left for what comes of it. */
  readonly leaves: boolean;
  /** It needs the record of a model that made the picture. */
  readonly needsRecord: boolean;
  /** Throws what the server says. */
  readonly run: (image: ImageRecord) => Promise<void>;
}

// Far enough to see, near enough to be the same picture.
const variationStrength = 0.15;
const imageVariationStrength = 0.45;
const variations = 4;

/** All of them. */
const pictureActions: readonly PictureAction[] = [
  { id: "vary", leaves: true, icon: "vary", needsRecord: true, run: vary },
  {
    id: "upscale",
    leaves: true,
    icon: "upscale",
    needsRecord: false,
    async run({ id }) {
      await sendJob({ task: "upscale", image: id });
      goTo("create");
    },
  },
  { id: "init", leaves: true, icon: "init", needsRecord: false, run: async (image) => openInCanvas(image, "whole") },
  { id: "inpaint", leaves: true, icon: "brush", needsRecord: false, run: async (image) => openInCanvas(image, "part") },
  {
    id: "outpaint",
    leaves: true,
    icon: "frame",
    needsRecord: false,
    run: async (image) => openInCanvas(image, "around"),
  },
  { id: "reuse", leaves: true, icon: "reuse", needsRecord: true, run: reuse },
  { id: "again", leaves: true, icon: "play", needsRecord: true, run: again },
  { id: "copy", leaves: false, icon: "copy", needsRecord: false, run: copySettings },
  { id: "download", leaves: false, icon: "download", needsRecord: false, run: async (image) => download(image) },
];

/** The actions that `image` allows. */
export const actionsFor = (image: ImageRecord): readonly PictureAction[] =>
  pictureActions.filter(({ needsRecord }) => !needsRecord || image.model !== "");

/** The same noise with a little of another; a picture that began as a picture is varied from itself. */
async function vary(image: ImageRecord): Promise<void> {
  const { record } = await client.image(image.id);
  const options = record.options as Options;
  const seed = randomSeed();
  await sendJob(
    record.init === undefined
      ? {
          task: "generate",
          model: image.model,
          options: { ...options, variationSeed: seed, variationStrength, count: variations },
        }
      : {
          task: "generate",
          model: image.model,
          init: image.id,
          options: {
            prompt: options.prompt,
            negativePrompt: options.negativePrompt,
            steps: options.steps,
            sampler: options.sampler,
            guidanceScale: options.guidanceScale,
            width: image.width,
            height: image.height,
            seed,
            strength: imageVariationStrength,
            count: variations,
          },
        },
  );
  goTo("create");
}

async function reuse(image: ImageRecord): Promise<void> {
  const [{ record }, { optionDefaults }] = await Promise.all([client.image(image.id), import("./option-defaults.ts")]);
  takeOptions(record.options as Record<string, unknown>, {
    model: image.model,
    defaults: optionDefaults,
  });
  goTo("create");
}

async function again(image: ImageRecord): Promise<void> {
  const { record } = await client.image(image.id);
  await sendJob({ task: "generate", model: image.model, options: record.options as Options });
  goTo("create");
}

async function copySettings(image: ImageRecord): Promise<void> {
  const [file, { settingsText }] = await Promise.all([client.imageFile(image.id), import("./settings-text.ts")]);
  await navigator.clipboard.writeText(settingsText(new Uint8Array(await file.arrayBuffer())));
  toast(text.value.pictures.copied);
}

function download(image: ImageRecord): void {
  const link = document.createElement("a");
  link.href = client.address(image.url);
  link.download = `${fileName(image)}.png`;
  link.click();
}

/** The beginning of the prompt, and the seed: what a person would look for in a folder. */
const fileName = ({ prompt, seed, id }: ImageRecord): string =>
  [
    prompt
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-|-$/g, "")
      .slice(0, 48),
    seed ?? id.replace(/[^\w]+/g, "-"),
  ]
    .filter((part) => part !== "")
    .join("-");

/** A seed as people can write it down. */
export const randomSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0];
