import { describe, expect, it } from "vitest";
import { definitions, table, wrap } from "./table.ts";

describe("wrap()", () => {
  it("wrap() breaks between words and leaves a long one whole when lines are full", () => {
    expect(wrap("one two three-and-more four", 8)).toEqual(["one two", "three-and-more", "four"]);
    expect(wrap("", 8)).toEqual([""]);
  });
});

describe("table()", () => {
  it("table() makes columns as wide as their cells when they differ", () => {
    expect(
      table(
        [{ title: "a" }, { title: "number", align: "right" }],
        [
          ["long", "1"],
          ["x", "1234567"],
        ],
      ),
    ).toEqual(["a      number", "long        1", "x     1234567"]);
  });
});

describe("definitions()", () => {
  it("definitions() continues a text under itself when it is long or has lines", () => {
    expect(
      definitions(
        [
          ["a", "one two three"],
          ["bcd", "x\ny"],
        ],
        13,
      ),
    ).toEqual(["a    one two", "     three", "bcd  x", "     y"]);
  });
});
