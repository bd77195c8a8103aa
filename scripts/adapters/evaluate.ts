// What the judge says of a style that a model was taught: pictures of concepts that it never saw in that style, without the adapter
// and with it, beside the real drawings of those concepts. The judge does not know the style, but tells what pictures show, and how
// far a set of them is from the real one.

import { classReport } from "@noisette/core/evaluation/class-report";
import type { ClassReport, JudgedSet } from "@noisette/core/evaluation/class-report";
import { generatedPictures } from "@noisette/core/evaluation/generated-pictures";
import { load } from "@noisette/core/pipelines/model";
import type { Engine } from "@noisette/core/runtime/engine";
import { openRecipeData } from "@noisette/core/training/recipe-data";
import { evenly } from "../recipes/evenly.ts";
import { learntOptions } from "./learnt-options.ts";
import type { LearntOptions } from "./learnt-options.ts";
import type { TrainedAdapter } from "./recipes.ts";

/** Concepts found, and the Fréchet distance from the real drawings on the judge's features. */
export type StyleMeasure = Pick<JudgedSet, "pictures" | "concept" | "distance">;

/** The measurements of an adapter for a style. */
export interface StyleEvaluation {
  readonly before: StyleMeasure;
  readonly after: StyleMeasure;
  /** Ceiling: the real drawings. */
  readonly real: StyleMeasure;
  /** Floor: for each real drawing the one nearest to it that was learnt from. */
  readonly nearest: StyleMeasure;
}

/** What to measure, and how much. */
export interface EvaluateStyleOptions extends TrainedAdapter {
  /** Folder of the judge. */
  readonly judge: string;
  /** Pictures, at most. */
  readonly pictures: number;
  readonly signal?: AbortSignal;
  readonly onProgress: (doing: string, done: number, total: number) => void;
}

/** Generates and measures. Both halves have the same prompts and seeds. */
export async function evaluateStyle(
  engine: Engine,
  { recipe, saved, judge, pictures, signal, onProgress }: EvaluateStyleOptions,
): Promise<StyleEvaluation> {
  const { data: training, validationData } = await openRecipeData(recipe);
  if (validationData === undefined)
    throw new Error(`Cannot measure "${recipe.name}": it has no pictures that nothing is learnt from`);
  const real = evenly(validationData, pictures);
  const captions = Array.from({ length: real.length }, (_, i) => real.describe(i).caption!);
  const report = async ({ model: path, options }: LearntOptions, doing: string): Promise<ClassReport> => {
    const model = await load(path, { device: engine.device, signal });
    try {
      const generated = await generatedPictures(model, captions, {
        sampling: { width: recipe.size, height: recipe.size, ...options },
        seed: 0,
        signal,
        onProgress: (done, total) => onProgress(doing, done, total),
      });
      return await classReport(engine, { judge, generated, real, training, signal });
    } finally {
      await model.close();
    }
  };
  const { generated: before, ...others } = (await report({ model: recipe.model, options: {} }, "before")).sets;
  const { generated: after } = (await report(learntOptions(recipe, saved), "after")).sets;
  const measure = ({ pictures: count, concept, distance }: JudgedSet): StyleMeasure => ({
    pictures: count,
    concept,
    distance,
  });
  return {
    before: measure(before!),
    after: measure(after!),
    real: measure(others.real!),
    nearest: measure(others.nearest!),
  };
}
