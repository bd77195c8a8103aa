// Everything that a recipe may say, from the same schema that checks it.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { RecipeField } from "@noisette/core/training/recipe/describe";
import { text } from "../text/text.ts";

/** The fields of the trainer that `recipe` names, when they are asked for. */
export function RecipeFields({ recipe }: { recipe: string }) {
  const t = text.value.training;
  const fields = useSignal<readonly RecipeField[]>([]);
  const isOpen = useSignal(false);
  const trainer = /"trainer"\s*:\s*"(\w+)"/.exec(recipe)?.[1];
  useEffect(() => {
    if (!isOpen.value || trainer === undefined) return;
    void Promise.all([
      import("@noisette/core/training/recipe/describe"),
      import("@noisette/core/training/recipe/read-recipe"),
    ]).then(([{ recipeFields }, { recipeSchemas }]) => {
      fields.value = trainer in recipeSchemas ? recipeFields(trainer as keyof typeof recipeSchemas) : [];
    });
  }, [isOpen.value, trainer]);
  return (
    <details class="more" onToggle={({ currentTarget }) => (isOpen.value = currentTarget.open)}>
      <summary>{t.fields}</summary>
      <dl class="facts">
        {fields.value.map(({ path, description, values, fallback }) => [
          <dt key={path}>
            <code>{path}</code>
          </dt>,
          <dd key={`${path} is`}>
            {description} <span class="hint">({[values, fallback].filter(Boolean).join("; ")})</span>
          </dd>,
        ])}
      </dl>
    </details>
  );
}
