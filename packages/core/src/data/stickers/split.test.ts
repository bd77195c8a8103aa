import { describe, expect, it } from "vitest";
import type { Drawing } from "./split.ts";
import { isHeldOutComposition, splitStickers } from "./split.ts";

const families = ["noto", "blob", "twemoji", "fluent", "emojitwo", "fxemoji", "streamline"];
/** Concept i is drawn by 1 + i mod 7 families; "fluent" draws it three times. */
const drawings: Drawing[] = Array.from({ length: 1400 }, (_, i) =>
  families
    .slice(0, 1 + (i % 7))
    .flatMap((family) => Array.from({ length: family === "fluent" ? 3 : 1 }, () => ({ concept: `C${i}`, family }))),
).flat();
const splits = splitStickers(drawings);
const concepts = new Map<string, (Drawing & { split: string })[]>();
drawings.forEach((one, i) =>
  concepts.set(one.concept, [...(concepts.get(one.concept) ?? []), { ...one, split: splits[i] }]),
);
const of = (concept: string) => concepts.get(concept)!;

describe("splitStickers()", () => {
  it("splitStickers() holds whole concepts out only when at least four families draw them", () => {
    const heldOut = new Set(drawings.filter((_, i) => splits[i] === "held-out-concept").map(({ concept }) => concept));
    for (const concept of heldOut) {
      expect(new Set(of(concept).map(({ family }) => family)).size).toBeGreaterThanOrEqual(4);
      expect(of(concept).every(({ split }) => split === "held-out-concept")).toBe(true);
    }
    // 3 % of the 800 concepts with four or more families, within four standard deviations.
    expect(Math.abs(heldOut.size - 24)).toBeLessThan(20);
  });

  it("splitStickers() holds a family out together, and leaves three others, when it holds out pairs", () => {
    let pairs = 0;
    for (const concept of new Set(drawings.map((one) => one.concept))) {
      const splitOf = new Map<string, Set<string>>();
      for (const { family, split } of of(concept)) splitOf.set(family, (splitOf.get(family) ?? new Set()).add(split));
      if ([...splitOf.values()].some(({ size }) => size !== 1)) expect.fail(`${concept} is split within a family`);
      const out = [...splitOf.values()].filter((found) => found.has("held-out-pair")).length;
      pairs += out;
      if (out > 0) expect([...splitOf.values()].filter((found) => found.has("train")).length).toBeGreaterThanOrEqual(3);
    }
    expect(pairs).toBeGreaterThan(150);
  });

  it("splitStickers() moves nothing else when a family is added", () => {
    const without = drawings.filter(({ family }) => family !== "streamline");
    const earlier = splitStickers(without);
    const before = new Map(without.map(({ concept, family }, i) => [`${concept} ${family}`, earlier[i]]));
    const moved = drawings.filter(
      ({ concept, family }, i) => family !== "streamline" && before.get(`${concept} ${family}`) !== splits[i],
    );
    // Only where the new family is one of the three or four that a rule asks for.
    expect(moved.length).toBeLessThan(0.05 * drawings.length);
  });
});

describe("isHeldOutComposition()", () => {
  it("isHeldOutComposition() does not depend on the order, and holds out one pair in ten", () => {
    let out = 0;
    for (let i = 0; i < 3000; i++) {
      expect(isHeldOutComposition(`${i}`, "x")).toBe(isHeldOutComposition("x", `${i}`));
      out += Number(isHeldOutComposition(`${i}`, "x"));
    }
    expect(Math.abs(out - 300)).toBeLessThan(70);
  });
});
