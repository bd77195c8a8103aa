import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { loadRecipe, loadRecipeJson } from "./load-recipe.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "recipes-"));
  await mkdir(join(folder, "parts"));
  return () => rm(folder, { recursive: true });
});
/** Writes `json` as a recipe file and gives its path. */
async function file(name: string, json: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof json === "string" ? json : JSON.stringify(json));
  return path;
}

const diffusion = {
  trainer: "diffusion",
  name: "n",
  data: { path: "d" },
  steps: 10,
  batchSize: 4,
  size: 16,
  unet: { features: [32, 64], attention: [false, true] },
};

describe("loadRecipe()", () => {
  it("loadRecipe() reads a recipe with its defaults", async () => {
    expect(await loadRecipe(await file("whole.json", diffusion))).toMatchObject({ ...diffusion, seed: 0 });
  });

  it("loadRecipe() lays a recipe's own keys over those that it extends, file after file", async () => {
    await file("parts/base.json", { ...diffusion, optimizer: { kind: "adamw", epsilon: 1e-6 }, minutes: 3 });
    await file("parts/longer.json", { extends: "base.json", steps: 20, optimizer: { epsilon: 1e-7 }, minutes: null });
    const path = await file("longest.json", { extends: "parts/longer.json", steps: 30, unet: { features: [64, 96] } });
    expect(await loadRecipe(path)).toMatchObject({
      steps: 30,
      batchSize: 4,
      unet: { features: [64, 96], attention: [false, true] },
      optimizer: { kind: "adamw", epsilon: 1e-7 },
    });
  });

  it("loadRecipe() says which file is wrong, and how", async () => {
    const [a, b] = [join(folder, "a.json"), join(folder, "b.json")];
    await file("a.json", { extends: "b.json" });
    await file("b.json", { extends: "a.json" });
    await expect(loadRecipe(a)).rejects.toThrow(
      `Cannot read recipe "${a}": it extends itself, by "${a}" → "${b}" → "${a}"`,
    );
    await expect(loadRecipe(await file("number.json", { extends: 3 }))).rejects.toThrow(
      /"extends" is 3 \(the path of a recipe is wanted\)$/,
    );
    await expect(loadRecipe(await file("nowhere.json", { extends: "none.json" }))).rejects.toThrow(
      `Cannot read "${join(folder, "none.json")}": no such file or folder`,
    );
    await file("list.json", []);
    await expect(loadRecipe(await file("of-list.json", { extends: "list.json" }))).rejects.toThrow(
      /list\.json": it is no object$/,
    );
    await file("typo.json", { ...diffusion, stepz: 1 });
    await expect(loadRecipe(await file("of-typo.json", { extends: "typo.json" }))).rejects.toThrow(
      /of-typo\.json": unknown key "stepz" \(closest: "steps"\)$/,
    );
  });

  it("loadRecipe() throws an Error that names the file whatever is in it", async () => {
    const anyRecipe = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .dictionary(fc.constantFrom(...Object.keys(diffusion), "extends", "x"), fc.jsonValue())
        .map((changes) => JSON.stringify({ ...diffusion, ...changes })),
    );
    await fc.assert(
      fc.asyncProperty(anyRecipe, async (text) => {
        const path = await file("any.json", text);
        await loadRecipe(path).catch(({ message }: Error) => expect(message).toMatch(/^Cannot read (recipe )?"[^"]+/));
      }),
    );
  });
});

describe("loadRecipeJson()", () => {
  // RFC 7396, appendix A, where both are objects.
  it.each([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("loadRecipeJson() merges %j with %j as RFC 7396 says", async (target, patch, merged) => {
    await file("target.json", target);
    expect(await loadRecipeJson(await file("patch.json", { extends: "target.json", ...patch }))).toEqual(merged);
  });
});
