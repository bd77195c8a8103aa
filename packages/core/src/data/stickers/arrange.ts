// Where things go: two side by side, several in a pattern, one a little aside; and which may be mirrored or lie together.

import type { Random } from "../random-stream.ts";
import { between } from "../random-stream.ts";
import type { Relation, Size } from "./captions.ts";
import type { Placement } from "./paint.ts";
import type { Sticker } from "./sticker.ts";

/** Centres of two things, by where the first is. */
export const pairPlaces: Readonly<Record<Relation, readonly (readonly [number, number])[]>> = {
  left: [
    [17, 32],
    [47, 32],
  ],
  right: [
    [47, 32],
    [17, 32],
  ],
  above: [
    [32, 17],
    [32, 47],
  ],
  below: [
    [32, 47],
    [32, 17],
  ],
  and: [
    [17, 32],
    [47, 32],
  ],
};

/** Centres of several of one thing. */
export const countPlaces: Readonly<Record<2 | 3 | 4, readonly (readonly [number, number])[]>> = {
  2: pairPlaces.and,
  3: [
    [32, 17],
    [17, 47],
    [47, 47],
  ],
  4: [
    [17, 17],
    [47, 17],
    [17, 47],
    [47, 47],
  ],
};

/** From which to which scale a size goes. */
export const sizeScales: Readonly<Record<Size, readonly [number, number]>> = {
  small: [0.42, 0.52],
  tiny: [0.28, 0.34],
};

const objectGroups: ReadonlySet<string> = new Set(["animals-nature", "food-drink", "activities", "objects"]);

/** Things that can lie beside others; no landscapes, people, faces or signs. */
export const isObject = ({ group, subgroup, label }: Sticker): boolean =>
  (objectGroups.has(group) || subgroup.startsWith("transport-")) &&
  group !== "symbols" &&
  subgroup !== "event" &&
  !/[:,]/.test(label);

/** What reads wrongly in a mirror: letters, signs, and names that say left or right. */
const isHanded = ({ group, subgroup, label }: Sticker): boolean =>
  group === "symbols" ||
  group === "flags" ||
  handedSubgroups.has(subgroup) ||
  /left|right|clock|sign|text|hundred|soon|calendar|banknote|chart|keyboard|newspaper|bank|hotel|hospital|store|school|ATM|post|dictionary|name badge|globe|map|watch/i.test(
    label,
  );
const handedSubgroups: ReadonlySet<string> = new Set(["time", "place-map", "music", "book-paper", "money"]);

/** A placement a little to the side, a little smaller, a little turned, mirrored where that is allowed. */
export function jitter(sticker: Sticker, random: Random): Placement {
  return {
    x: 32 + between(random, -2.5, 2.5),
    y: 32 + between(random, -2.5, 2.5),
    scale: between(random, 0.86, 1),
    degrees: between(random, -6, 6),
    isFlipped: random() < 0.5 && !isHanded(sticker),
  };
}
