// A trained judge: its files, and what it says of pictures.

import { joinPath, readText } from "#platform";
import { readComponentWeights } from "../checkpoints/component-weights.ts";
import type { ClassColumns } from "../data/picture-classes.ts";
import type { Graph } from "../graph/graph.ts";
import { ConfigReader } from "../models/config.ts";
import { judgeConfig, judgeGraph } from "../models/judge.ts";
import type { JudgeConfig } from "../models/judge.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import { parsePythonJsonObject } from "../util/python-json.ts";

/** A judge's files. */
export interface JudgeFiles {
  readonly path: string;
  readonly config: JudgeConfig;
  /** Names of the classes in the order of their scores. */
  readonly concepts: readonly string[];
  readonly styles: readonly string[];
  /** The columns of its data set that these are from. */
  readonly columns: ClassColumns;
  readonly tensors: StoredTensors;
  readonly graph: Graph;
}

/** The judge in `folder`, as `noisette train` or `noisette evaluate judge` saves it. Throws Error when there is none, or its names do not fit. */
export async function readJudge(folder: string): Promise<JudgeFiles> {
  const path = joinPath(folder, "config.json");
  const published = parsePythonJsonObject(await readText(path), path);
  const read = new ConfigReader(published, "Judge");
  const config = judgeConfig(published);
  const [concepts, styles] = [read.strings("concepts"), read.strings("styles")];
  for (const [names, count] of [
    [concepts, config.concepts],
    [styles, config.styles],
  ] as const) {
    if (names.length !== count)
      throw new Error(
        `Cannot open judge "${folder}": ${names.length} names of ${count} classes (one for each is wanted)`,
      );
  }
  const { tensors } = await readComponentWeights(folder);
  const columns = {
    concept: read.string("concept_column", "label"),
    ...(read.has("style_column") && { style: read.string("style_column") }),
  };
  return { path: folder, config, concepts, styles, columns, tensors, graph: judgeGraph(config) };
}
