// The command line that all recipes share: which stage, where, on what; Ctrl-C stops and the same command goes on.

import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { showTraining } from "../../packages/cli/src/terminal/training-progress.ts";
import { bar, showLine } from "../../packages/cli/src/terminal/status-line.ts";
import type { Device } from "@noisette/core/runtime/engine";
import { openEngine } from "@noisette/core/runtime/open-engine";
import { runStages } from "./run-stages.ts";
import type { RecipeRun, Stages } from "./run-stages.ts";

/** The repository's folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

const flags = {
  tiny: { type: "boolean", default: false },
  stage: { type: "string" },
  folder: { type: "string" },
  threads: { type: "string" },
  device: { type: "string", default: "cpu" },
} as const;

/** What is particular to one recipe. */
export interface RecipeCommand<Run extends RecipeRun, Flag extends string> {
  /** Its folder's name in recipes/. */
  readonly name: string;
  readonly stages: (place: Pick<RecipeRun, "tiny">) => Stages<Run>;
  /** Flags of its own, all with a value. */
  readonly flags?: readonly Flag[];
  /** `run` with what else the stages need. */
  readonly complete: (run: RecipeRun, values: Readonly<Partial<Record<Flag, string>>>) => Run | Promise<Run>;
}

/** Runs the recipe as the words after the script's name say. Sets the process's exit code. */
export async function recipeCommand<Run extends RecipeRun, Flag extends string = never>({
  name,
  stages: stagesOf,
  flags: own = [],
  complete,
}: RecipeCommand<Run, Flag>): Promise<void> {
  const { values } = parseArgs({
    options: { ...flags, ...Object.fromEntries(own.map((flag) => [flag, { type: "string" as const }])) },
  }) as { values: { tiny: boolean; device: string } & Partial<Record<"stage" | "folder" | "threads" | Flag, string>> };
  const { tiny, stage, threads, device } = values;
  const stages = stagesOf({ tiny });
  if (stage !== undefined && !Object.hasOwn(stages, stage)) {
    process.stderr.write(`Cannot run the stage "${stage}": ${Object.keys(stages).join(", ")} are known\n`);
    process.exitCode = 2;
    return;
  }
  // Paths in recipes and runs are relative, so that runs can move with the checkout.
  if (!tiny) process.chdir(root);
  const folder = values.folder ?? (tiny ? await mkdtemp(join(tmpdir(), `${name}-`)) : ".");
  const training = showTraining(process.stderr);
  const line = showLine(process.stderr);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const engine = await openEngine({
    device: device as Device,
    ...(threads !== undefined && { threads: Number(threads) }),
  });
  try {
    const run: RecipeRun = {
      folder,
      results: tiny ? join(folder, "results.json") : join(root, "recipes", name, "results.json"),
      tiny,
      engine,
      signal: stop.signal,
      tell: training.event,
      say: line.keep,
      progress(doing, done, total) {
        if (done < total) line.rewrite(`${bar(done / total)} ${doing}: ${Math.floor(done)} of ${total}`);
        else line.keep(`${doing}: ${total}`);
      },
    };
    const isDone = await runStages(stages, await complete(run, values), stage);
    process.stdout.write(`${folder}: ${isDone ? "done" : "stopped; the same command goes on"}\n`);
    if (!isDone) process.exitCode = 130;
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("Cannot "))) throw error;
    line.keep(error.message);
    process.exitCode = 1;
  } finally {
    training.end();
    line.clear();
    await engine.close();
  }
}
