import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanCaption } from "./clean-caption.ts";

describe("cleanCaption()", () => {
  it.each([
    ["a <b>red</b> fox<br/>in snow", "a red fox in snow"],
    ["Tom &amp; Jerry &#39;24 &#x1F98A; &bogus; &#0; !", "Tom & Jerry '24 🦊 &bogus; &#0;!"],
    ["see https://example.org/a?b=c for a fox, www.foxes.example", "see for a fox"],
    ["mail me@foxes.example  now", "mail now"],
    ["&lt;i&gt;a fox&lt;/i&gt;", "a fox"],
    ["IMG_2041.JPG a fox", "a fox"],
    ["  a\t fox \n , running  - ", "a fox, running"],
    ["“a fox’s den”\u0000\u200b", '"a fox\'s den"'],
    ["#fox #winter in #2 snow", "fox winter in #2 snow"],
    ["5 < 6 and a > b", "5 < 6 and a > b"],
  ])("cleanCaption() makes of %j %j", (caption, text) => {
    expect(cleanCaption(caption)).toMatchObject({ text });
    expect(cleanCaption(caption).dropped).toBeUndefined();
  });

  it.each([
    ["https://example.org/1.jpg", {}, "nothing is left"],
    ["fox", {}, "fewer than 5 characters"],
    ["12345 - 6789", {}, "no letter"],
    ["one two", { minWords: 3 }, "fewer than 3 words"],
    ["one two three", { maxWords: 2 }, "more than 2 words"],
  ])("cleanCaption() drops %j by %j because: %s", (caption, rules, dropped) => {
    expect(cleanCaption(caption, rules).dropped).toBe(dropped);
  });

  it("cleanCaption() keeps short captions when a sign is a word", () => {
    for (const caption of ["狐狸", "きつね", "🦊"])
      expect(cleanCaption(caption)).toEqual({ text: caption, changed: [] });
  });

  it("cleanCaption() changes nothing more when it has cleaned", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..." ,.-a狐\"'’<>/#b1:|_\n") }), (caption) => {
        const { text } = cleanCaption(caption);
        expect(cleanCaption(text).text).toBe(text);
      }),
    );
  });
});
