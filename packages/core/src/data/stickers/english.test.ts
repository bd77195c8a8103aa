import { describe, expect, it } from "vitest";
import { pluralOf, withArticle } from "./english.ts";

describe("withArticle()", () => {
  it.each([
    ["fox", "a fox"],
    ["orange heart", "an orange heart"],
    ["hourglass done", "an hourglass done"],
    ["unicorn", "a unicorn"],
    ["ewe", "a ewe"],
    ["umbrella", "an umbrella"],
    ["one-piece swimsuit", "a one-piece swimsuit"],
    ["grapes", "grapes"],
    ["bananas", "bananas"],
    ["scissors", "scissors"],
    ["cooked rice", "cooked rice"],
    ["slice of cake", "a slice of cake"],
    ["glass of milk", "a glass of milk"],
    ["face with steam from nose", "a face with steam from nose"],
    ["person: blond hair", "a person: blond hair"],
    ["Christmas tree", "a Christmas tree"],
    ["Santa Claus", "Santa Claus"],
    ["bus", "a bus"],
    ["rhinoceros", "a rhinoceros"],
    ["person lifting weights", "a person lifting weights"],
    ["fishing pole", "a fishing pole"],
    ["Aquarius", "Aquarius"],
    ["tennis", "tennis"],
  ])("withArticle() makes of %s %s", (label, text) => expect(withArticle(label)).toBe(text));
});

describe("pluralOf()", () => {
  it.each([
    ["strawberry", "strawberries"],
    ["fox", "foxes"],
    ["red apple", "red apples"],
    ["mouse", "mice"],
    ["kitchen knife", "kitchen knives"],
    ["maple leaf", "maple leaves"],
    ["monkey", "monkeys"],
    ["tropical fish", "tropical fish"],
    ["grapes", undefined],
    ["bread", undefined],
    ["fork and knife", undefined],
    ["slice of cake", undefined],
    ["Christmas tree", undefined],
  ])("pluralOf() makes of %s %s", (label, text) => expect(pluralOf(label)).toBe(text));
});
