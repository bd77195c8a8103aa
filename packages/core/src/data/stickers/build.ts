// Makes the sticker set from the packages' drawings: join with concepts, filter, render, drop blanks and near-duplicates,
// split, weigh. What comes out depends on the packages and the renderer alone.

import type { Concept } from "./concepts.ts";
import { isDrawn, readConcepts } from "./concepts.ts";
import type { Icon } from "./icons.ts";
import { readIcons } from "./icons.ts";
import { indexConcepts } from "./join.ts";
import { nearDuplicates } from "../near-duplicates.ts";
import { renderSticker, thumbnailOnWhite } from "./render.ts";
import { splitStickers } from "./split.ts";
import type { Sticker } from "./sticker.ts";
import type { StickerStyle } from "./styles.ts";

/** How a style's icons came out: each is in one of these. */
export interface StyleCounts {
  readonly style: string;
  readonly icons: number;
  readonly skinTones: number;
  /** No concept of that name. */
  readonly unmatched: readonly string[];
  /** The concept is none that the set draws. */
  readonly filtered: number;
  readonly blank: readonly string[];
  readonly duplicates: number;
  readonly kept: number;
}

/** The set before it is written. */
export interface BuiltStickers {
  readonly stickers: readonly Sticker[];
  /** RGBA [64·64·4] of each. */
  readonly pixels: readonly Uint8Array[];
  /** Those that are drawn, in emojibase's order. */
  readonly concepts: readonly Concept[];
  readonly counts: readonly StyleCounts[];
}

/** What to build from. */
export interface BuildStickersOptions {
  /** A node_modules folder that has the packages. */
  readonly packages: string;
  readonly styles: readonly StickerStyle[];
  readonly onProgress?: (progress: { readonly style: string; readonly done: number; readonly total: number }) => void;
  readonly signal?: AbortSignal;
}

/** RMS at 32 px below which two drawings of one style are the same. */
const duplicateRms = 0.012;
/** RMS from white below which a drawing cannot be seen on it. */
const blankRms = 0.012;

/** Renders and sorts everything; takes a minute or two for the nine styles. */
export async function buildStickers({
  packages,
  styles,
  onProgress,
  signal,
}: BuildStickersOptions): Promise<BuiltStickers> {
  const all = await readConcepts(packages);
  const index = indexConcepts(all);
  const rank = new Map(all.map(({ hexcode }, i) => [hexcode, i]));
  const drawn: (Drawn & { style: StickerStyle })[] = [];
  const counts: StyleCounts[] = [];
  for (const style of styles) {
    const icons = await readIcons(packages, style, index);
    const matched = icons.filter(({ match }) => match && !match.isSkinTone && isDrawn(match.concept)) as Matched[];
    const rendered: Drawn[] = [];
    for (const icon of matched) {
      signal?.throwIfAborted();
      rendered.push({ icon, rgba: await render(icon, style) });
      onProgress?.({ style: style.style, done: rendered.length, total: matched.length });
    }
    const visible = rendered.filter(({ rgba }) => !isBlank(rgba));
    visible.sort((a, b) => rank.get(conceptOf(a))! - rank.get(conceptOf(b))!); // "person …" before "man …"
    const duplicates = nearDuplicates(
      visible.map(({ rgba }) => thumbnailOnWhite(rgba)),
      duplicateRms,
    );
    const kept = visible.filter((_, i) => !duplicates[i]);
    drawn.push(...kept.map((one) => ({ ...one, style })));
    counts.push({
      style: style.style,
      icons: icons.length,
      skinTones: icons.filter(({ match }) => match?.isSkinTone).length,
      unmatched: icons.filter(({ match }) => !match).map(({ name }) => name),
      filtered: icons.filter(({ match }) => match && !match.isSkinTone && !isDrawn(match.concept)).length,
      blank: rendered.filter(({ rgba }) => isBlank(rgba)).map(({ icon }) => icon.name),
      duplicates: visible.length - kept.length,
      kept: kept.length,
    });
  }
  const used = new Set(drawn.map(conceptOf));
  return {
    stickers: describe(drawn),
    pixels: drawn.map(({ rgba }) => rgba),
    concepts: all
      .filter(({ hexcode }) => used.has(hexcode))
      .map(({ aliases: _aliases, skins: _skins, ...concept }) => concept),
    counts,
  };
}

type Matched = Icon & { readonly match: NonNullable<Icon["match"]> };
interface Drawn {
  readonly icon: Matched;
  readonly rgba: Uint8Array;
}
const conceptOf = ({ icon }: Drawn): string => icon.match.concept.hexcode;

async function render(icon: Matched, { style }: StickerStyle): Promise<Uint8Array> {
  return renderSticker(await icon.read()).catch((cause: Error) => {
    throw new Error(`Cannot draw "${style}/${icon.name}": ${cause.message}`, { cause });
  });
}

function isBlank(rgba: Uint8Array): boolean {
  const thumbnail = thumbnailOnWhite(rgba);
  return Math.sqrt(thumbnail.reduce((sum, value) => sum + (1 - value) ** 2, 0) / thumbnail.length) < blankRms;
}

function describe(drawn: readonly (Drawn & { style: StickerStyle })[]): Sticker[] {
  const splits = splitStickers(drawn.map((one) => ({ concept: conceptOf(one), family: one.style.family })));
  const stickers = drawn.map(({ icon, style }, i): Sticker => {
    const { hexcode, label, emoji, tags, group, subgroup } = icon.match.concept;
    return {
      file_name: `${style.style}/${icon.name}.png`,
      text: `${label}, ${style.words[0]}`,
      id: `${style.style}/${icon.name}`,
      style: style.style,
      family: style.family,
      concept: hexcode,
      label,
      emoji,
      tags,
      group,
      subgroup,
      split: splits[i],
      weight: (groupWeights[group] ?? 1) * style.weight,
      licence: style.licence,
    };
  });
  return balanced(stickers);
}

const groupWeights: Readonly<Record<string, number>> = { "people-body": 0.5, symbols: 0.5 };

/** A style of n training pictures weighs as √n ones; then all are scaled to 1 on average. */
function balanced(stickers: readonly Sticker[]): Sticker[] {
  const train = stickers.filter(({ split }) => split === "train");
  const sizes = new Map<string, number>();
  for (const { style } of train) sizes.set(style, (sizes.get(style) ?? 0) + 1);
  const raw = ({ style, weight }: Sticker) => weight / Math.sqrt(sizes.get(style) ?? 1);
  const mean = train.reduce((sum, one) => sum + raw(one), 0) / Math.max(1, train.length);
  return stickers.map((one) => ({ ...one, weight: Number((raw(one) / mean).toPrecision(6)) }));
}
