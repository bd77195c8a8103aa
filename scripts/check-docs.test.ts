import { describe, expect, it } from "vitest";
import { checkDocs } from "./check-docs.ts";

const path = "packages/core/src/util/math.ts";

describe("checkDocs()", () => {
  it("checkDocs() names file, line and export when a doc comment is missing", () => {
    const text =
      "/** Returns x². */\nexport const square = (x: number) => x * x;\n\nexport const cube = (x: number) => x ** 3;\n";
    expect(checkDocs([{ path, text }])).toEqual([`${path}:4 exports "cube" without a doc comment`]);
  });

  it("checkDocs() finds nothing when the file is a test or lies outside the packages", () => {
    const text = "export const bare = 1;";
    expect(
      checkDocs([
        { path: "packages/core/src/util/math.test.ts", text },
        { path: "scripts/math.ts", text },
      ]),
    ).toEqual([]);
  });
});
