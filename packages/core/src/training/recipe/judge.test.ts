import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { loadRecipe } from "./load-recipe.ts";
import { checkRecipe } from "./read-recipe.ts";

const recipes = new URL("../../../../../recipes/", import.meta.url);

it("loadRecipe() reads the recipe of Fashion-MNIST's judge", async () => {
  const recipe = await loadRecipe(fileURLToPath(new URL("fashion-mnist/classifier.json", recipes)));
  expect(recipe).toMatchObject({ trainer: "judge", classes: { concept: "label" } });
});

it("checkRecipe() throws when the groups do not divide a judge's channels", () => {
  const recipe = { trainer: "judge", name: "n", data: { path: "d" }, size: 8, steps: 1, batchSize: 1 };
  expect(() => checkRecipe({ ...recipe, judge: { features: [12], groups: 8 } }, "r.json")).toThrow(
    'Cannot read recipe "r.json": "judge.groups" does not divide each of "judge.features" (a common divisor is wanted)',
  );
});
