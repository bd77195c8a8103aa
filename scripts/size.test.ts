import { describe, expect, it } from "vitest";
import { folderSizes, lineCount, longestFiles } from "./size.ts";

const files = [
  { path: "packages/core/src/graph/value.ts", text: "a\nb\nc\n" },
  { path: "packages/core/src/graph/ops/add.ts", text: "a\n" },
  { path: "packages/core/src/graph/value.test.ts", text: "a\nb\n" },
  { path: "packages/core/src/index.ts", text: "a\nb" },
  { path: "scripts/start.mjs", text: "a\nb\nc\nd\n" },
  { path: "README.md", text: "not code\n" },
];

describe("size report", () => {
  it("lineCount() counts a last line once when it ends in a newline or not", () => {
    expect(["", "a", "a\n", "a\nb", "\n"].map(lineCount)).toEqual([0, 1, 1, 2, 1]);
  });

  it("folderSizes() adds up a layer with its subfolders when tests are kept apart", () => {
    expect(folderSizes(files)).toEqual([
      { folder: "packages/core/src", files: 1, lines: 2, testLines: 0 },
      { folder: "packages/core/src/graph", files: 2, lines: 4, testLines: 2 },
      { folder: "scripts", files: 1, lines: 4, testLines: 0 },
    ]);
  });

  it("longestFiles() lists source files, longest first, when more exist than asked for", () => {
    expect(longestFiles(files, 2)).toEqual([
      { path: "scripts/start.mjs", lines: 4 },
      { path: "packages/core/src/graph/value.ts", lines: 3 },
    ]);
  });
});
