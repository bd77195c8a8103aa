import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isTemplate, templateExpansion } from "./expand-template.ts";
import type { Wildcards } from "./expand-template.ts";
import { parseTemplate } from "./template.ts";
import { openWildcards } from "./wildcard-folder.ts";

const lines: Record<string, string[]> = {
  colour: ["red", "green", "blue"],
  "animals/cats": ["lion", "2::__colour__ tiger"],
  "animals/dogs": ["wolf"],
  loop: ["a __loop__"],
  empty: [],
};
const wildcards: Wildcards = { source: "a table", names: Object.keys(lines), lines: async (name) => lines[name] };
const draws = async (template: string, count = 300): Promise<Map<string, number>> => {
  const found = new Map<string, number>();
  for (let seed = 0; seed < count; seed++) {
    const text = await templateExpansion({ seed, wildcards })(template);
    found.set(text, (found.get(text) ?? 0) + 1);
  }
  return found;
};
const texts = async (template: string) => [...(await draws(template)).keys()].sort();

describe("templateExpansion()", () => {
  test.each([
    ["a fox", ["a fox"]],
    ["{a|b} c", ["a c", "b c"]],
    ["{a|}", ["", "a"]],
    ["{a|{b|c}}", ["a", "b", "c"]],
    ["{2$$a|b}", ["a, b", "b, a"]],
    ["{2$$ and $$a|b}", ["a and b", "b and a"]],
    ["{1-2$$/$$a|b}", ["a", "a/b", "b", "b/a"]],
    ["{-1$$a|b}", ["a", "b"]],
    ["{3$$a}", ["a, a, a"]],
    ["{0$$a|b}", [""]],
    ["{0::a|b}", ["b"]],
    ["__colour__ fox", ["blue fox", "green fox", "red fox"]],
    ["__animals/*__", ["blue tiger", "green tiger", "lion", "red tiger", "wolf"]],
    ["__ani**ogs__", ["wolf"]],
    ["{2$$__animals/dogs__}", ["wolf, wolf"]],
    // None of these is a template.
    ["{a} {", ["{a} {"]],
    ["snake__case and __ b", ["snake__case and __ b"]],
    ["[a|b] (c:1.2)", ["[a|b] (c:1.2)"]],
  ])("templateExpansion() draws every text there is when the template is %j", async (template, all) => {
    expect(await texts(template)).toEqual(all);
  });

  test("templateExpansion() takes two different lines when a file stands alone under a count", async () => {
    for (const text of await texts("{2$$__colour__}")) {
      const [one, two] = text.split(", ");
      expect(one).not.toBe(two);
    }
  });

  test("templateExpansion() follows the weights", async () => {
    const found = await draws("{3::a|b}", 1000);
    // 750 ± 14 by chance; seeds in a row are no better than chance.
    expect(found.get("a")).toBeGreaterThan(690);
    expect(found.get("a")).toBeLessThan(810);
  });

  test("templateExpansion() gives the same text when the seed is the same", async () => {
    const once = () => templateExpansion({ seed: 5, wildcards })("{a|b|c} __animals/**__ {2$$x|y|z}");
    expect(await once()).toBe(await once());
  });

  test.each([
    ["__color__", /^Cannot expand __color__: no such file in a table \(closest: __colour__\)$/],
    ["__loop__", /^Cannot expand __loop__: its lines go on without end/],
    ["__empty__", /^Cannot expand __empty__: no lines in empty/],
  ])("templateExpansion() says what is wrong when the template is %j", async (template, message) => {
    await expect(templateExpansion({ seed: 1, wildcards })(template)).rejects.toThrow(message);
  });

  test("templateExpansion() says that a folder is wanted when there are no wildcards", async () => {
    await expect(templateExpansion({ seed: 1 })("__a__")).rejects.toThrow("there are no wildcards");
  });
});

describe("parseTemplate()", () => {
  const tokens = fc.constantFrom("{", "}", "|", "$$", "__", "a", "2", "-", "::", "0.5", " ", "\\", "*", "/");
  const written = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(tokens, { maxLength: 40 }).map((all) => all.join("")),
  );

  test("parseTemplate() reads any string, and warns inside it", () => {
    fc.assert(
      fc.property(written, (text) => {
        for (const { start } of parseTemplate(text).warnings) expect(text[start]).toMatch(/[{}]/);
      }),
    );
  });

  test("parseTemplate() keeps the text when it is no template", () => {
    fc.assert(
      fc.property(written, (text) => {
        fc.pre(!isTemplate(text) && !/\\[{}|]/.test(text));
        expect(
          parseTemplate(text)
            .nodes.map((node) => (node.kind === "text" ? node.text : ""))
            .join(""),
        ).toBe(text);
      }),
    );
  });

  test("parseTemplate() does not overflow when braces are nested deeply", () => {
    parseTemplate(`${"{a|".repeat(5_000)}b${"}".repeat(5_000)}`);
  });

  test("parseTemplate() says where a brace has no partner", () => {
    expect(parseTemplate("a} {b").warnings.map(({ start }) => start)).toEqual([1, 3]);
  });
});

describe("openWildcards()", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "noisette-wildcards-"));
    mkdirSync(join(folder, "animals"));
    writeFileSync(join(folder, "animals", "cats.txt"), "\uFEFFlion\r\n\r\n# big ones\r\n  tiger  \r\n");
    writeFileSync(join(folder, "notes.md"), "no wildcard");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("openWildcards() finds the files of inner folders and their lines", async () => {
    const opened = await openWildcards(folder);
    expect(opened.names).toEqual(["animals/cats"]);
    expect(await opened.lines("animals/cats")).toEqual(["lion", "tiger"]);
  });

  test("openWildcards() throws when there is no such folder", async () => {
    await expect(openWildcards(join(folder, "no"))).rejects.toThrow(/^Cannot open wildcards ".*": no such folder/);
  });
});
