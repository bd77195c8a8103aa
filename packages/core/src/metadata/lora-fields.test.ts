import { describe, expect, it } from "vitest";
import { networkTags } from "../prompts/network-tags.ts";
import { placed } from "../prompts/placed-text.ts";
import { loraHashesField, readLoraHashes, withLoraTags } from "./lora-fields.ts";

describe("lora-fields", () => {
  it("withLoraTags() writes tags that are read as the options say", () => {
    const text = withLoraTags("a fox", [
      { name: "paint" },
      { name: "people/a:b.safetensors", weight: 0.5, textWeight: 0, rank: 4, end: 0.8 },
      { name: "c", weight: [[0, 0], [0.5, 1], [12, 0.25]], blockWeights: [1, 0.5] }, // prettier-ignore
    ]);
    expect(text).toBe("a fox <lora:paint:1> <lora:ab:0:0.5:dyn=4:stop=0.8> <lora:c:0:0@0;1@0.5;0.25@12:lbw=1,0.5>");
    const { networks, warnings } = networkTags(placed(text));
    expect(warnings).toEqual([]);
    expect(networks).toMatchObject([
      { name: "paint", textEncoder: 1, unet: 1 },
      { name: "ab", textEncoder: 0, unet: 0.5, rank: 4, until: 0.8 },
      { name: "c", textEncoder: 0, unet: [[0, 0], [0.5, 1], [12, 0.25]], blockWeights: [1, 0.5] }, // prettier-ignore
    ]);
  });

  it("readLoraHashes() reads what loraHashesField() and A1111 write", () => {
    const loras = [
      { name: "x/paint.safetensors", path: "/x/paint.safetensors", hash: "0123456789ab" },
      { name: "b c", path: "/b c.pt", hash: "ffff00001111" },
    ];
    expect(loraHashesField(loras)).toBe("paint: 0123456789ab, b c: ffff00001111");
    expect(readLoraHashes(loraHashesField(loras)!)).toEqual({ paint: "0123456789ab", "b c": "ffff00001111" });
    expect([loraHashesField(undefined), readLoraHashes("nothing")]).toEqual([undefined, {}]);
  });
});
