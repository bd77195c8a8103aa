// Main program of a training's process: trains as it is told, tells what happens, and writes a checkpoint and ends when it is
// asked to or when the server is gone.

import { openEngine } from "@noisette/core/runtime/open-engine";
import { checkRecipe } from "@noisette/core/training/recipe/read-recipe";
import { openRecipeData } from "@noisette/core/training/recipe-data";
import { train } from "@noisette/core/training/run";
import type { TrainingEvent } from "@noisette/core/training/events";
import type { EngineSettings } from "../services.ts";

/** What the process is told: once what to train, later perhaps to stop. */
export type TrainingOrder =
  | {
      readonly kind: "train";
      readonly recipe: unknown;
      readonly out: string;
      readonly resume: boolean;
      readonly engine: Pick<EngineSettings, "device" | "threads">;
    }
  | { readonly kind: "stop" };

/** What it tells. */
export type TrainingNews =
  | { readonly kind: "event"; readonly event: TrainingEvent }
  | { readonly kind: "failed"; readonly text: string };

const stop = new AbortController();
const tell = (news: TrainingNews) => void process.send?.(news);

process.on("disconnect", () => stop.abort());
// A terminal's Ctrl-C reaches this process too; the server decides.
process.on("SIGINT", () => {});
process.on("message", async (order: TrainingOrder) => {
  if (order.kind === "stop") return stop.abort();
  try {
    const recipe = checkRecipe(order.recipe, "recipe");
    const data = await openRecipeData(recipe);
    const engine = await openEngine(order.engine);
    try {
      await train(recipe, {
        engine,
        ...data,
        out: order.out,
        resume: order.resume,
        signal: stop.signal,
        tell: (event) => tell({ kind: "event", event }),
      });
    } finally {
      await engine.close();
    }
  } catch (error) {
    tell({ kind: "failed", text: (error as Error).message });
  }
  process.disconnect?.();
});
