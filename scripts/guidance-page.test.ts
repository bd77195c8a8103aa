import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { guidancePage } from "./guidance-page.ts";

it("guidancePage() is what docs/guidance.md says", () => {
  const page = readFileSync(new URL("../docs/guidance.md", import.meta.url), "utf8");
  expect(page, "run: npx tsx --conditions=source scripts/guidance-page.ts").toBe(guidancePage());
});
