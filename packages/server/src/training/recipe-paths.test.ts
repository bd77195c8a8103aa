import { expect, test } from "vitest";
import { withPaths } from "./recipe-paths.ts";

const places = {
  dataset: async (name: string) => (name === "foxes" ? "/data/foxes" : undefined),
  run: async (id: string) => (id === "r1" ? "/runs/r1/model" : undefined),
  model: async (id: string) => (id === "org/sd" ? "/models/sd" : undefined),
};

test("withPaths() puts paths for the names of what the server has", async () => {
  const recipe = {
    name: "a/b",
    data: { path: "foxes", fit: "crop" },
    autoencoder: "run:r1",
    text: { path: "model:org/sd#text_encoder" },
    samples: { prompts: ["either/or"] },
    steps: 3,
  };
  expect(await withPaths(recipe, places)).toEqual({
    ...recipe,
    data: { path: "/data/foxes", fit: "crop" },
    autoencoder: "/runs/r1/model",
    text: { path: "/models/sd/text_encoder" },
  });
});

test("withPaths() refuses paths, unknown names, and what looks like a path elsewhere", async () => {
  const recipes = [
    { data: { path: "/etc" } },
    { data: { path: "cats" } },
    { validation: { path: "../foxes" } },
    { autoencoder: "foxes" },
    { autoencoder: "run:r2" },
    { text: { path: "model:org/sd#../x" } },
    { perceptual: { path: ["run:r1", "/etc/passwd"] } },
    { later: { field: "~/secret" } },
    { later: ["a\\b"] },
  ];
  for (const recipe of recipes) await expect(withPaths(recipe, places)).rejects.toThrow(/^Cannot train: /);
});
