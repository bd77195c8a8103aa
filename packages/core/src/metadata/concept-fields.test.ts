import { describe, expect, it } from "vitest";
import { readInfotext } from "./a1111.ts";
import { embeddingHashesField, withHypernetworkTags } from "./concept-fields.ts";

describe("embeddingHashesField()", () => {
  it("embeddingHashesField() lists names without their separators, and nothing of the caller's own", () => {
    const used = [
      { word: "easynegative", hash: "c74b4e810b03" },
      { word: "a:b,c", hash: "0123456789ab" },
      { word: "mine", hash: undefined },
    ];
    expect(embeddingHashesField(used)).toBe("easynegative: c74b4e810b03, abc: 0123456789ab");
    expect(embeddingHashesField(used.slice(2))).toBeUndefined();
    expect(embeddingHashesField(undefined)).toBeUndefined();
  });
});

describe("withHypernetworkTags()", () => {
  it("withHypernetworkTags() adds a tag for each, by the file's name", () => {
    const hypernetworks = [{ name: "models/anime.pt", weight: 0.6 }, { name: "x" }];
    expect(withHypernetworkTags("a fox", hypernetworks)).toBe("a fox <hypernet:anime:0.6> <hypernet:x:1>");
    expect(withHypernetworkTags("a fox", undefined)).toBe("a fox");
  });
});

describe("readInfotext()", () => {
  it("readInfotext() takes the fields of A1111 before it had tags for a tag", () => {
    const text = "a fox\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1, Hypernet: anime, Hypernet strength: 0.6";
    expect(readInfotext(text)!.networks).toEqual(["<hypernet:anime:0.6>"]);
  });
});
