import { describe, expect, it } from "vitest";
import { checkLinks } from "./check-links.ts";

const exists = (path: string) => ["README.md", "docs/style.md", "packages/core/src/graph"].includes(path);
const findings = (text: string) => checkLinks([{ path: "docs/page.md", text }], exists);

describe("checkLinks()", () => {
  it("checkLinks() finds nothing when links lead to files, folders, headings or other sites", () => {
    const text =
      "[a](../README.md) [b](style.md#names) [c](../packages/core/src/graph) [d](https://arxiv.org) [e](#here)";
    expect(findings(text)).toEqual([]);
  });

  it("checkLinks() names the page, the line and the target when a link leads nowhere", () => {
    expect(findings("first\n[gone](../packages/core/src/gone.ts)")).toEqual([
      'docs/page.md:2 links to "../packages/core/src/gone.ts", which is not there',
    ]);
  });
});
