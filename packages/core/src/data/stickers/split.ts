// What the models never see, so that they can be asked for it: whole concepts, and drawings of a concept in one family of
// styles. Decided by hashes of names alone, so that adding a style moves nothing else.

import { hashFraction } from "../random-stream.ts";

/** Where a sticker belongs. */
export type StickerSplit = "train" | "held-out-pair" | "held-out-concept";

/** A drawing, as far as the split depends on it. */
export interface Drawing {
  /** The concept's code points. */
  readonly concept: string;
  readonly family: string;
}

const conceptShare = 0.03;
const conceptFamilies = 4;
const pairShare = 0.08;
const pairFamiliesLeft = 3;

/**
 * The split of each drawing. A concept is held out when its hash is below 3 % and at least 4 families draw it; a
 * (concept, family) pair when its hash is below 8 % and at least 3 other families of the concept stay in training.
 */
export function splitStickers(drawings: readonly Drawing[]): StickerSplit[] {
  const families = new Map<string, Set<string>>();
  for (const { concept, family } of drawings) families.set(concept, (families.get(concept) ?? new Set()).add(family));
  const heldOut = new Map<string, ReadonlySet<string> | "all">();
  for (const [concept, drawn] of families) {
    if (drawn.size >= conceptFamilies && hashFraction(`concept ${concept}`) < conceptShare) {
      heldOut.set(concept, "all");
      continue;
    }
    const out = new Set<string>();
    for (const family of [...drawn].toSorted()) {
      const isDrawn = hashFraction(`pair ${concept} ${family}`) < pairShare;
      if (isDrawn && drawn.size - out.size - 1 >= pairFamiliesLeft) out.add(family);
    }
    heldOut.set(concept, out);
  }
  return drawings.map(({ concept, family }) => {
    const out = heldOut.get(concept)!;
    return out === "all" ? "held-out-concept" : out.has(family) ? "held-out-pair" : "train";
  });
}

/** Whether two objects are kept from being composed in training (one pair in ten), in either order. */
export const isHeldOutComposition = (a: string, b: string): boolean =>
  hashFraction(`composition ${[a, b].toSorted().join(" ")}`) < 0.1;

/** Whether a concept is kept from being shown in a colour in training (one pair in ten). */
export const isHeldOutColour = (concept: string, colour: string): boolean =>
  hashFraction(`colour ${concept} ${colour}`) < 0.1;
