// What the loop of a run asks of a trainer: the graph, the batches, what to show and how to save.

import type { Image } from "../../image/image.ts";
import type { Engine } from "../../runtime/engine.ts";
import type { StoredTensors } from "../../tensor/stored.ts";
import type { AnyTensor, Tensor } from "../../tensor/tensor.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { Batch, BatchOptions } from "../batches.ts";
import type { InitializationRule } from "../initialize.ts";
import type { ParameterGroup } from "../parameter-groups.ts";
import type { RunFolder } from "../run-folder.ts";
import type { CardFacts } from "../save/model-card.ts";
import type { TrainingProgram, TrainingSession } from "../session.ts";

/** Inputs of a graph by name. */
export type Feeds = Readonly<Record<string, AnyTensor>>;

/** What trainers are given beside their recipe. */
export interface TrainerSetup {
  readonly engine: Engine;
  readonly training: Dataset;
  /** Examples that nothing is learnt from; none without validation. */
  readonly validation: Dataset | undefined;
  readonly folder: RunFolder;
  readonly signal?: AbortSignal;
  /** Tells the user something. */
  readonly notice: (text: string) => void;
}

/** Pictures that show how far a run is. */
export interface SamplePicture {
  /** What kind of pictures: a heading of the report. */
  readonly title: string;
  /** Part of the file's name. */
  readonly name: string;
  readonly image: Image;
}

/** One kind of training, opened on its data. */
export interface Trainer {
  readonly program: TrainingProgram;
  /** Weights that are used and not learnt, with where they came from. */
  readonly frozen?: { readonly tensors: StoredTensors; readonly source: string };
  /** Weights to begin with where that is not what their layers begin with, by parameter name. */
  readonly initial?: ReadonlyMap<string, Tensor>;
  /** How some weights begin otherwise than torch's layers do. */
  readonly rules?: readonly InitializationRule[];
  /** Parameters that learn faster or slower, or decay otherwise. */
  readonly groups?: readonly ParameterGroup[];
  /** How examples make batches. */
  readonly batches: Pick<BatchOptions, "length" | "weights" | "groups">;
  /** The scalar of `session.measure` that says how good the model is. */
  readonly judgedBy: string;
  /** A batch for the graph; `step` is the number of steps before it. */
  feeds(batch: Batch, step: number): Promise<Feeds>;
  /** Fixed batches with fixed random numbers, as they are after `step` steps; none without validation. */
  validationFeeds(step: number): AsyncIterable<Feeds>;
  /** Names of the examples of a batch, for messages. */
  names(batch: Batch): Promise<readonly string[]>;
  /** Called after every step. */
  afterStep?(session: TrainingSession, result: StepResult): Promise<void>;
  /** Writes what was learnt, in the forms that other programs read, from weights by parameter name. */
  save(weights: ReadonlyMap<string, Tensor>, card: string, facts: CardFacts): Promise<void>;
  /** Pictures made with the model as it was saved last. */
  samples(): Promise<readonly SamplePicture[]>;
}

/** What a step did. */
export interface StepResult {
  /** Steps done, this one included. */
  readonly step: number;
  readonly batch: Batch;
  readonly outputs: Readonly<Record<string, Tensor>>;
}
