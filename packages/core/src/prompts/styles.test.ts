import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyStyles, parseStyles } from "./styles.ts";

const csv = `\uFEFFname,prompt,negative_prompt\r
film,"film still of {prompt}, 35mm",cartoon\r
"a ""quoted"" one","two
lines",\r
\r
plain,sharp,"blurry, {prompt}"`;

describe("parseStyles()", () => {
  test("parseStyles() reads quotes, lines inside them and a byte order mark", () => {
    expect(parseStyles(csv)).toEqual([
      { name: "film", prompt: "film still of {prompt}, 35mm", negativePrompt: "cartoon" },
      { name: 'a "quoted" one', prompt: "two\nlines", negativePrompt: "" },
      { name: "plain", prompt: "sharp", negativePrompt: "blurry, {prompt}" },
    ]);
  });

  test("parseStyles() says what the columns are when they are others", () => {
    expect(() => parseStyles("a,b\n1,2")).toThrow(/^Cannot read styles: the columns are "a", "b" \(name, prompt/);
  });

  test("parseStyles() gives styles or a worded error when the text is any", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `name,prompt\n${rest}`),
        ),
        (text) => {
          try {
            for (const { name } of parseStyles(text)) expect(name.trim()).not.toBe("");
          } catch (error) {
            expect((error as Error).message).toMatch(/^Cannot read styles/);
          }
        },
      ),
    );
  });
});

describe("applyStyles()", () => {
  const styles = parseStyles(csv);
  test("applyStyles() puts styles around the prompt in their order", () => {
    expect(applyStyles(styles, ["film", "plain"], { prompt: "a $& fox", negativePrompt: "" })).toEqual({
      prompt: "film still of a $& fox, 35mm, sharp",
      negativePrompt: "blurry, cartoon",
    });
  });

  test("applyStyles() names the closest one when there is no such style", () => {
    expect(() => applyStyles(styles, ["flim"], { prompt: "", negativePrompt: "" })).toThrow(
      'Cannot use style "flim": no such style (closest: "film")',
    );
  });
});
