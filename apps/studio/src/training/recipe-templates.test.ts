import { checkRecipe } from "@noisette/core/training/recipe/read-recipe";
import { expect, test } from "vitest";
import { recipeTemplates, recipeText } from "./recipe-templates.ts";

test.each(Object.entries(recipeTemplates))("recipeTemplates has a recipe that trainers take as %s", (_, template) => {
  expect(checkRecipe(template("foxes"), "template").data.path).toBe("foxes");
});

test("recipeText() writes the same recipe with short parts on one line", () => {
  const recipe = recipeTemplates.pixels("foxes");
  const text = recipeText(recipe);
  expect(JSON.parse(text)).toEqual(recipe);
  expect(text).toContain('"data": { "path": "foxes", "flip": true },');
  expect(text).toContain('"features": [32, 64, 64],');
});
