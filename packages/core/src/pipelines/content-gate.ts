// Pictures that a classifier takes for unsafe are blurred, or held back, before anybody sees them.

import { joinPath } from "#platform";
import { readConfig } from "../checkpoints/image-encoder.ts";
import type { Image } from "../image/image.ts";
import { nsfwPixels } from "../image/nsfw-pixels.ts";
import { resizeImage } from "../image/resize.ts";
import { nsfwConfig, nsfwGraph } from "../models/nsfw.ts";
import type { Engine } from "../runtime/engine.ts";
import { readSafetensors } from "../safetensors/read.ts";

/** What can be done with unsafe pictures. */
export const contentPolicies = ["blur", "refuse"] as const;
/** One of them. */
export type ContentPolicy = (typeof contentPolicies)[number];

/** The part of probability from which a picture counts as unsafe: more likely than not. */
export const defaultNsfwThreshold = 0.5;

/** A classifier that is loaded. */
export interface ContentClassifier {
  /** The probability of each class; together 1. */
  classify(image: Image, options?: { readonly signal?: AbortSignal }): Promise<Readonly<Record<string, number>>>;
}

/** Looks at every picture of a run before it is told. */
export interface ContentGate extends ContentClassifier {
  readonly policy: ContentPolicy;
  /** From 0 to 1. */
  readonly threshold: number;
}

/** A picture behind the gate. */
export interface GatedPicture {
  /** What may be seen; absent when it was held back. */
  readonly image?: Image;
  /** How unsafe the classifier took it for, when it was blurred or held back. */
  readonly unsafe?: number;
}

/** Classes of explicit pictures, drawn and photographed. "sexy" is what can be seen at a beach, and passes. */
const unsafeClasses = ["hentai", "porn"] as const;

/** Loads nsfwjs's MobileNetV2 from a folder as scripts/convert-nsfw.ts makes it. Throws Error when it is none. */
export async function loadContentClassifier(engine: Engine, folder: string): Promise<ContentClassifier> {
  const config = nsfwConfig(await readConfig(folder));
  const missing = unsafeClasses.find((name) => !config.classes.includes(name));
  if (missing !== undefined)
    throw new Error(`Cannot open classifier "${folder}": it knows no class "${missing}" (one of nsfwjs's is wanted)`);
  const { tensors } = await readSafetensors(joinPath(folder, "model.safetensors"));
  const network = await engine.load(nsfwGraph(config), tensors, { source: folder });
  return {
    async classify(image, options) {
      const { probabilities } = await network.run({ image: nsfwPixels(image, config.imageSize) }, options);
      return Object.fromEntries(config.classes.map((name, i) => [name, probabilities.data[i]]));
    },
  };
}

/** `image` as `gate` lets it through; as it is where there is no gate. Throws when the classifier fails: nothing passes unseen. */
export async function throughGate(
  gate: ContentGate | undefined,
  image: Image,
  signal?: AbortSignal,
): Promise<GatedPicture> {
  if (gate === undefined) return { image };
  const probabilities = await gate.classify(image, { signal });
  const unsafe = unsafeClasses.reduce((sum, name) => sum + probabilities[name], 0);
  if (unsafe < gate.threshold) return { image };
  return gate.policy === "refuse" ? { unsafe } : { image: blurred(image), unsafe };
}

/** A sentence for the user when the gate did not let a picture through as it is; undefined when it did. */
export function gateNotice(
  picture: string,
  { image, unsafe }: GatedPicture,
  gate: Pick<ContentGate, "threshold"> | undefined,
): string | undefined {
  if (gate === undefined || unsafe === undefined) return undefined;
  const percent = (part: number) => `${Math.round(100 * part)} %`;
  return `${picture} was ${image ? "blurred" : "held back"}: it is taken for unsafe by ${percent(unsafe)} (less than ${percent(gate.threshold)} passes)`;
}

/** A preview behind the gate: blurred where the picture would be blurred or held back. */
export const previewThroughGate = async (
  gate: ContentGate | undefined,
  image: Image,
  signal?: AbortSignal,
): Promise<Image> => (await throughGate(gate && { ...gate, policy: "blur" }, image, signal)).image!;

/** Places that are left along the longer side: too few for anything to be recognized, and nothing brings the rest back. */
const places = 12;

/** `image` as a smooth field of its rough colours. */
export function blurred(image: Image): Image {
  const { width, height } = image;
  const scale = places / Math.max(width, height, places);
  const small = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  return resizeImage(resizeImage(image, { ...small, filter: "box" }), { width, height, filter: "bicubic" });
}
