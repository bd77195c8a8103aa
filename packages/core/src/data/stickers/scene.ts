// Pictures made of stickers as they are drawn: alone, on coloured grounds, in other colours, two or several together, each
// with a caption that is true of it. A picture is a function of (set, index, random stream) alone.

import type { Random } from "../random-stream.ts";
import { between, pick, pickWeighted } from "../random-stream.ts";
import { countPlaces, isObject, jitter, pairPlaces, sizeScales } from "./arrange.ts";
import type { CaptionOptions, Relation, SceneText, Size, Thing } from "./captions.ts";
import { drawCaption } from "./captions.ts";
import type { Colour, MainHue } from "./colours.ts";
import { colours, hueDistance, mainHue, tint, turnHue } from "./colours.ts";
import { pluralOf } from "./english.ts";
import type { Placed } from "./paint.ts";
import { onGround, paint } from "./paint.ts";
import { isHeldOutColour, isHeldOutComposition } from "./split.ts";
import type { StickerSet } from "./stickers.ts";
import { stickerStyles } from "./styles.ts";

/** What is made of a sticker. */
export type SceneKind = "single" | "grounded" | "coloured" | "composed";

/** A picture with its caption. */
export interface Scene {
  /** RGBA [64·64·4]; without transparency when there is a ground. Not to be written to. */
  readonly rgba: Uint8Array;
  readonly caption: string;
  /** Tag of the caption's language; "" for an empty one, "emoji" for a character. */
  readonly language: string;
  readonly kind: SceneKind;
  /** What can be seen, as the caption would say it in full. */
  readonly text: SceneText;
}

/** How scenes are made. */
export interface SceneOptions {
  /** Weights of the kinds. */
  readonly mix?: Readonly<Partial<Record<SceneKind, number>>>;
  /** Share of stickers alone that are flipped, moved, turned a little; 0 shows them where they are drawn. */
  readonly augmented?: number;
  /** Which pairs of things, and of things and colours, may be shown: those for training, those kept from it, or all. */
  readonly compositions?: "train" | "held-out" | "all";
  readonly captions?: CaptionOptions;
}

/** How often each kind is made when nothing else is said. */
export const sceneMix: Readonly<Record<SceneKind, number>> = {
  single: 0.6,
  grounded: 0.15,
  coloured: 0.1,
  composed: 0.15,
};

/**
 * The scenes of a set: `(index, random)` → a scene around sticker `index`. A sticker that a kind does not suit (a person in
 * blue, two flags of one country) is shown single. Plain ones take no time; composed ones about half a millisecond.
 */
export function scenesOf(
  set: StickerSet,
  { mix, augmented = 0.5, compositions = "train", captions }: SceneOptions = {},
): (index: number, random: Random) => Scene {
  const weights = { ...sceneMix, ...mix };
  const styles = new Map(stickerStyles.map((style) => [style.style, style]));
  const objects = new Map<string, number[]>();
  set.stickers.forEach((sticker, i) => {
    if (isObject(sticker)) objects.set(sticker.style, [...(objects.get(sticker.style) ?? []), i]);
  });
  const hues = new Map<number, MainHue | undefined>();
  const hueOf = (index: number) => {
    if (!hues.has(index)) hues.set(index, mainHue(set.pixels(index)));
    return hues.get(index);
  };
  const isShown = (isHeldOut: boolean) => compositions === "all" || isHeldOut === (compositions === "held-out");
  const thing = (index: number): Thing => ({ concept: set.concepts.get(set.stickers[index].concept)! });

  const makers: Record<SceneKind, (index: number, random: Random) => Made | undefined> = {
    single: (index, random) => ({ things: [thing(index)], rgba: single(index, random) }),

    grounded(index, random) {
      const rgba = single(index, random);
      return { things: [thing(index)], ...withGround(rgba, random) };
    },

    coloured(index, random) {
      const { style, concept } = set.stickers[index];
      const paints = colours.filter(({ name }) => isShown(isHeldOutColour(concept, name)));
      const painted = style === "fluent-mono" ? tinted(index, paints, random) : turned(index, paints, random);
      if (painted === undefined) return undefined;
      return { things: [{ ...thing(index), colour: painted.colour }], rgba: moved(index, painted.rgba, random) };
    },

    composed(index, random) {
      const made = composers[pickWeighted(random, composerWeights)](index, random);
      return made && random() < 0.5 ? { ...made, ...withGround(made.rgba, random) } : made;
    },
  };

  const single = (index: number, random: Random): Uint8Array => moved(index, set.pixels(index), random);

  function moved(index: number, rgba: Uint8Array, random: Random): Uint8Array {
    return random() < augmented ? paint([{ rgba, ...jitter(set.stickers[index], random) }]) : rgba;
  }

  function tinted(index: number, paints: readonly Colour[], random: Random) {
    const visible = paints.filter(({ name }) => name !== "white" && name !== "black");
    if (visible.length === 0) return undefined;
    const colour = pick(random, visible);
    return { colour, rgba: tint(set.pixels(index), colour) };
  }

  function turned(index: number, paints: readonly Colour[], random: Random) {
    const { group } = set.stickers[index];
    const main = unpaintable.has(group) ? undefined : hueOf(index);
    if (main === undefined) return undefined;
    const targets = paints.filter(({ hue }) => hue !== undefined && (main.value >= 0.7 || !brightHues.includes(hue)));
    if (targets.length === 0) return undefined;
    // Things are asked for in their own colours most often (a red fox, a green frog), and there are fewer of these.
    const own = targets.filter(({ hue }) => hueDistance(hue!, main.hue) <= 40);
    const colour = pick(random, own.length > 0 && random() < 0.5 ? own : targets);
    return { colour, rgba: turnHue(set.pixels(index), colour.hue! - main.hue, colour.name === "pink" ? 0.6 : 1) };
  }

  const composers: Record<keyof typeof composerWeights, (index: number, random: Random) => Made | undefined> = {
    pair(index, random) {
      const { style, concept } = set.stickers[index];
      const others = objects.get(style) ?? [];
      if (!isObject(set.stickers[index]) || others.length === 0) return undefined;
      for (let attempt = 0; attempt < 16; attempt++) {
        const other = pick(random, others);
        const second = set.stickers[other].concept;
        if (second === concept || !isShown(isHeldOutComposition(concept, second))) continue;
        const relation = pick(random, Object.keys(pairPlaces) as Relation[]);
        const items = [index, other].map((one, i) => placed(one, pairPlaces[relation][i], random));
        return { things: [thing(index), thing(other)], relation, rgba: paint(items) };
      }
      return undefined;
    },
    count(index, random) {
      const sticker = set.stickers[index];
      if (!isObject(sticker) || pluralOf(sticker.label) === undefined) return undefined;
      const count = pick(random, [2, 3, 4] as const);
      const items = countPlaces[count].map((place) => placed(index, place, random));
      return { things: [thing(index)], count, rgba: paint(items) };
    },
    size(index, random) {
      if (!isObject(set.stickers[index])) return undefined;
      const size = pick(random, Object.keys(sizeScales) as Size[]);
      const [low, high] = sizeScales[size];
      const place = { x: between(random, 27, 37), y: between(random, 27, 37), scale: between(random, low, high) };
      return { things: [{ ...thing(index), size }], rgba: paint([{ rgba: set.pixels(index), ...place }]) };
    },
  };

  const placed = (index: number, [x, y]: readonly [number, number], random: Random): Placed => ({
    rgba: set.pixels(index),
    x: x + between(random, -1, 1),
    y: y + between(random, -1, 1),
    scale: between(random, 0.42, 0.48),
    degrees: between(random, -4, 4),
  });

  return (index, random) => {
    const kind = pickWeighted(random, weights);
    const made = makers[kind](index, random);
    const { rgba, ...text } = made ?? makers.single(index, random)!;
    const described: SceneText = { style: styles.get(set.stickers[index].style)!, ...text };
    const caption = drawCaption(described, random, captions);
    return {
      rgba,
      caption: caption.text,
      language: caption.language,
      kind: made ? kind : "single",
      text: described,
    };
  };
}

type Made = Omit<SceneText, "style"> & { readonly rgba: Uint8Array };

const composerWeights = { pair: 0.5, count: 0.3, size: 0.2 };

/** People keep their skin and flags their colours. */
const unpaintable: ReadonlySet<string> = new Set(["people-body", "flags"]);
/** Orange, yellow and pink are none when dark. */
const brightHues = colours.flatMap(({ name, hue }) =>
  hue !== undefined && ["orange", "yellow", "pink"].includes(name) ? [hue] : [],
);

/** `rgba` on a plain colour that it can be seen on. */
function withGround(rgba: Uint8Array, random: Random): { rgba: Uint8Array; ground: Colour } {
  const visible = colours.filter(({ rgb }) => contrast(rgba, rgb) > 40);
  const ground = pick(random, visible.length > 0 ? visible : colours);
  return { rgba: onGround(rgba, ground.rgb), ground };
}

/** Root mean square distance of what is drawn from a colour, in levels. */
function contrast(rgba: Uint8Array, rgb: Colour["rgb"]): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < rgba.length; i += 16) {
    const alpha = rgba[i + 3];
    const [r, g, b] = [rgba[i] - rgb[0], rgba[i + 1] - rgb[1], rgba[i + 2] - rgb[2]];
    sum += (alpha * (r * r + g * g + b * b)) / 3;
    total += alpha;
  }
  return total === 0 ? 0 : Math.sqrt(sum / total);
}
