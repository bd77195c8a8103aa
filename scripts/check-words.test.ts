import { describe, expect, it } from "vitest";
import { checkWords } from "./check-words.ts";

// Refused words are put together here, so that this file passes the check it tests.
const join = (...parts: string[]) => parts.join("");
const findings = (text: string, path = "docs/page.md") => checkWords([{ path, text }]);

describe("checkWords()", () => {
  it.each([
    join("https://", "registry", ".npmjs.org/vite"),
    join("http://my-", "mirror", ".example:4873/"),
    join("py", "pi.org"),
    join("/wo", "rk/main/x.ts"),
    join('"/ro', 'ot/.cache"'),
    join("open(/ho", "me/alice/model)"),
    join("/Us", "ers/alice"),
  ])("checkWords() refuses %j when a text holds it", (text) => {
    expect(findings(`first line\n${text}`)).toHaveLength(1);
    expect(findings(`first line\n${text}`)[0]).toMatch(/^docs\/page\.md:2 "/);
  });

  it.each([
    "https://huggingface.co/owner/name",
    "https://arxiv.org/abs/2206.00364",
    "docs/home/page",
    "https://x.org/root/a",
    "~/work/model",
  ])("checkWords() accepts %j when a text holds it", (text) => expect(findings(text)).toEqual([]));

  it("checkWords() refuses addresses in the lock file when npm wrote them", () => {
    expect(findings('"resolved": "https://example.org/vite.tgz"', "package-lock.json")).toHaveLength(1);
    expect(findings('"resolved": "packages/core"', "package-lock.json")).toEqual([]);
  });

  it("checkWords() refuses a file name when it says nothing or is not kebab case", () => {
    for (const name of [
      "utils.ts",
      "util.ts",
      "misc.ts",
      "helpers.ts",
      "common.mjs",
      "sigmaMax.ts",
      "Tensor.ts",
      "sigma_max.ts",
    ]) {
      expect(findings("", `packages/core/src/util/${name}`)).toHaveLength(1);
    }
    for (const name of [
      "half.ts",
      "dpmpp-2m.ts",
      "x.backend.test.ts",
      "x.browser.test.ts",
      "vitest.config.ts",
      "start.mjs",
    ]) {
      expect(findings("", `scripts/${name}`)).toEqual([]);
    }
  });
});
