// Teaches the bundled model new things: a style, a word, a thing, to follow edges and scribbles. What is finished is skipped, what was
// stopped goes on; sheets of pictures before and after, with the same seeds, go to docs/assets/adapters, and what the judge says of
// the new style, and how well silhouettes follow, stands with the stages' times in recipes/adapters/results.json.
//
//   npm run recipe:adapters -- [--stage NAME] [--pictures N] [--threads N] [--device cpu|webgpu]
//   npm run recipe:adapters -- --tiny [--folder FOLDER]      all of it in a minute or two, on a tiny model and drawings of our own

import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fetchPackages, packageCache } from "../packages/cli/src/data/fetch-packages.ts";
import { captionPackages, stickerStyles } from "@noisette/core/data/stickers/styles";
import { disk } from "@noisette/core/platform/node";
import { writeStickerPackages } from "../fixtures/sticker-packages.ts";
import { writeTinyStickerModel } from "../fixtures/tiny-sticker-model.ts";
import { evaluateStyle } from "./adapters/evaluate.ts";
import type { EvaluateStyleOptions } from "./adapters/evaluate.ts";
import { writeHazelnut } from "./adapters/hazelnut.ts";
import { openMoji, writeStyleSet } from "./adapters/openmoji.ts";
import type { StyleSet } from "./adapters/openmoji.ts";
import { measureOverlap } from "./adapters/overlap.ts";
import { adapterNames, adapterRecipe } from "./adapters/recipes.ts";
import type { AdapterName } from "./adapters/recipes.ts";
import { writeSheet } from "./adapters/sheets.ts";
import { recipeCommand, root } from "./recipes/command-line.ts";
import { kept } from "./recipes/kept.ts";
import type { RecipeRun, Stage, Stages } from "./recipes/run-stages.ts";
import { trainStage } from "./recipes/train-stage.ts";
import { makeStickers } from "./sticker/data.ts";
import { judgeFolder, makeJudge } from "./sticker/judge.ts";

/** Where and how the recipes run. */
export interface AdaptersRun extends RecipeRun {
  /** Folder of the sheets. */
  readonly sheets: string;
  /** Pictures that the judge looks at, at most, of each kind. */
  readonly pictures: number;
}

const outOf = ({ folder }: AdaptersRun, name: AdapterName): string => join(folder, `runs/adapter-${name}`);

const trained =
  (name: AdapterName): Stage<AdaptersRun> =>
  async (run) => {
    const recipe = await adapterRecipe(name, run);
    const out = outOf(run, name);
    const result = await trainStage(recipe, { ...run, out });
    const sheet = join(run.sheets, `${name}.png`);
    if (result !== undefined && (await disk!.entry(sheet)) === undefined)
      await writeSheet(sheet, { recipe, saved: join(out, "model"), device: run.engine.device });
    return result;
  };

/** The adapters that teach a style. */
const styleAdapters = ["lora-openmoji", "textual-inversion-openmoji"] as const satisfies readonly AdapterName[];
/** The adapters that follow pictures. */
const followers = ["controlnet-edges", "controlnet-scribbles"] as const satisfies readonly AdapterName[];

/** What `measure` finds out about each adapter; kept in `file`. */
const measured =
  <T>(names: readonly AdapterName[], file: string, measure: (run: AdaptersRun, of: Measured) => Promise<T>) =>
  async (run: AdaptersRun): Promise<Record<string, T>> => {
    const { folder, pictures, signal } = run;
    const found: Record<string, T> = {};
    for (const name of names)
      found[name] = await kept(join(folder, file), name, async () =>
        measure(run, {
          recipe: await adapterRecipe(name, run),
          saved: join(outOf(run, name), "model"),
          pictures,
          signal,
          onProgress: (doing, done, total) => run.progress(`${name}, ${doing}`, done, total),
        }),
      );
    return found;
  };
/** An adapter to be measured, and how. */
type Measured = Omit<EvaluateStyleOptions, "judge">;

const evaluateStyles = measured(styleAdapters, "runs/adapter-evaluation.json", (run, of) =>
  evaluateStyle(run.engine, { ...of, judge: judgeFolder(run) }),
);
const measureFollowers = measured(followers, "runs/adapter-overlap.json", (run, of) =>
  measureOverlap({ ...of, device: run.engine.device }),
);

/** The stages in their order: the pictures, the adapters, the sticker model's judge, what it says of the new style, and how well what follows does. */
export const stages = {
  stickers: makeStickers,
  openmoji: makeOpenMoji,
  hazelnut: async ({ folder }: AdaptersRun) => ({ pictures: await writeHazelnut(join(folder, "data/hazelnut"), 64) }),
  ...(Object.fromEntries(adapterNames.map((name) => [name, trained(name)])) as Record<AdapterName, Stage<AdaptersRun>>),
  judge: makeJudge,
  evaluate: evaluateStyles,
  overlap: measureFollowers,
} satisfies Stages<AdaptersRun>;

async function makeOpenMoji({ folder, tiny, signal }: AdaptersRun): Promise<StyleSet> {
  const out = join(folder, "data/openmoji");
  if (!tiny) {
    const pinned = [{ package: openMoji.package, version: openMoji.version }, ...captionPackages];
    return writeStyleSet(out, { packages: await fetchPackages(packageCache(), pinned, { signal }), signal });
  }
  const packages = await mkdtemp(join(tmpdir(), "packages-"));
  try {
    await writeStickerPackages(packages);
    return await writeStyleSet(out, { packages, style: stickerStyles[0] });
  } finally {
    await disk!.removeFolder(packages);
  }
}

/** Writes the tiny model that a tiny run teaches. */
export const writeTaughtModel = (folder: string): Promise<void> =>
  writeTinyStickerModel(join(folder, "runs/model"), { features: [8], preferences: { steps: 2, guidanceScale: 2 } });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await recipeCommand({
    name: "adapters",
    stages: () => stages,
    flags: ["pictures"],
    async complete(run, { pictures }) {
      if (run.tiny) await writeTaughtModel(run.folder);
      return {
        ...run,
        sheets: run.tiny ? join(run.folder, "sheets") : join(root, "docs/assets/adapters"),
        pictures: Number(pictures ?? (run.tiny ? 2 : 128)),
      };
    },
  });
}
