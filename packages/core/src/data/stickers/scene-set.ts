// The sticker set as a generator learns it: of every sticker pictures and captions that are drawn anew each epoch, so that what is
// said of a picture varies as people would say it.

import type { Dataset, Description } from "../dataset.ts";
import { randomStream } from "../random-stream.ts";
import type { CaptionOptions } from "./captions.ts";
import { drawCaption } from "./captions.ts";
import type { SceneKind } from "./scene.ts";
import { scenesOf } from "./scene.ts";
import type { StickerSet } from "./stickers.ts";
import { openStickers, stickerImage } from "./stickers.ts";

/** What is drawn. */
export interface SceneSetOptions {
  /** Weights of the kinds of scenes. */
  readonly mix?: Readonly<Partial<Record<SceneKind, number>>>;
  /** Share of single stickers that are moved, turned and mirrored a little; 0 shows them as they are drawn. */
  readonly augmented?: number;
  /** Languages of captions beside English, each as often as the others. */
  readonly languages?: readonly string[];
  /** Share of captions that leave the style out. */
  readonly unstyled?: number;
  /** Pictures of each sticker; without it a new one every epoch. Captions are new every epoch all the same. */
  readonly variants?: number;
  readonly seed?: number;
}

/** The scenes of the training split of the sticker set in `folder`. Throws Error when no set is there. */
export async function openScenes(folder: string, options: SceneSetOptions = {}): Promise<Dataset> {
  return sceneSet(await openStickers(folder, { split: "train" }), options);
}

/** Scenes around the stickers of `set`, each as often as its weight says. */
function sceneSet(
  set: StickerSet,
  {
    mix,
    augmented = 0.5,
    languages = ["zh", "ja"],
    unstyled = 0.1,
    variants = Infinity,
    seed = 0,
  }: SceneSetOptions = {},
): Dataset {
  const captions: CaptionOptions = {
    // Trainers leave captions out themselves.
    empty: 0,
    unstyled,
    languages: Object.fromEntries(languages.map((language) => [language, 1])),
    ...(languages.length === 0 && { templates: { localized: 0 } }),
  };
  const scene = scenesOf(set, { mix, augmented, captions });
  /** A caption tells of what is drawn: it is known with the picture only. */
  function drawn(index: number, epoch: number): { readonly rgba: Uint8Array; readonly description: Description } {
    const { id, text: _, ...columns } = set.stickers[index];
    const { rgba, text } = scene(index, randomStream(seed, index, 2 * (epoch % variants)));
    const caption = drawCaption(text, randomStream(seed, index, 2 * epoch + 1), captions);
    return { rgba, description: { id, caption: caption.text, columns } };
  }
  return {
    name: set.name,
    length: set.length,
    skipped: [],
    hash: `${set.hash} ${JSON.stringify({ mix, augmented, languages, unstyled, variants: String(variants), seed })}`,
    variants,
    weights: set.stickers.map(({ weight }) => weight),
    describe: (index, epoch = 0) => drawn(index, epoch).description,
    async read(index, epoch = 0) {
      const { rgba, description } = drawn(index, epoch);
      return { ...description, image: stickerImage(rgba) };
    },
  };
}
