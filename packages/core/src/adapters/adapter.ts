// An adapter: small changes to some parameters of a model (LoRA and its relatives). First as its file names them, then
// matched to the networks of one model. Neither holds values: a module's tensors are read when it is used.

import type { NetworkSlot } from "../checkpoints/checkpoint.ts";
import type { StoredTensor } from "../tensor/stored.ts";
import type { Form, FormKind } from "./forms/index.ts";

/** The networks that adapters change. */
export type AdapterComponent = Exclude<NetworkSlot, "vae">;

/** What an adapter file holds of one module, under the file's own name of it. */
export interface FileModule {
  /** The module's path as the file writes it: "lora_unet_mid_block_attentions_0_proj_in", "unet.mid_block.….to_q". */
  readonly path: string;
  /** Which of the module's parameters is changed. */
  readonly of: "weight" | "bias";
  readonly form: FormKind;
  /** The form's tensors by field. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The rank of low-rank forms. */
  readonly rank: number | undefined;
  /** alpha/rank where a configuration beside the tensors says it; a module's own alpha comes before it. */
  readonly scale?: number;
}

/** An adapter file as it is, before any model is known. */
export interface AdapterFile {
  readonly source: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly modules: readonly FileModule[];
  /** Names of tensors that are no part of a known form. */
  readonly unknown: readonly string[];
}

/** One parameter of a model that an adapter changes. */
export interface AdapterModule {
  readonly component: AdapterComponent;
  /** Its published name: "mid_block.attentions.0.proj_in.weight". */
  readonly parameter: string;
  /** The parameter's dimensions in the model. */
  readonly dims: readonly number[];
  readonly form: FormKind;
  readonly rank: number | undefined;
  /** Reads the form's values. Throws Error when one is not finite. */
  readonly read: () => Promise<Form>;
}

/** An adapter that fits a model. */
export interface Adapter {
  readonly source: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly modules: readonly AdapterModule[];
  /** What did not fit and was left out, in sentences for the user. */
  readonly notes: readonly string[];
}
