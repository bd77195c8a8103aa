// What a generation works with: a model's opened parts, and what it is given beside its options.

import type { AdapterCatalogue } from "../adapters/catalogue.ts";
import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import type { ControlFiles } from "../checkpoints/control-files.ts";
import type { Image } from "../image/image.ts";
import type { EmbeddingTable } from "../prompts/embeddings.ts";
import type { Wildcards } from "../prompts/expand-template.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { AdapterShelf } from "./adapter-shelf.ts";
import type { TextEncoders } from "./conditioning.ts";
import type { ContentGate } from "./content-gate.ts";
import type { GenerateEvent } from "./events.ts";
import type { PromptTemplate } from "./expand-prompts.ts";
import type { Upscaler } from "./hires-upscalers.ts";
import type { Networks } from "./networks.ts";

/** A model's opened parts. */
export interface Parts {
  readonly checkpoint: Checkpoint;
  readonly networks: Networks;
  readonly encoders: TextEncoders;
  readonly shelf: AdapterShelf;
}

/** What one generation is given beside its options. */
export interface Run {
  readonly init: Image | Tensor | undefined;
  /** White where `init` is painted anew. */
  readonly mask: Image | undefined;
  /** Light where near, for depth-to-image models. */
  readonly depth: Image | undefined;
  /** Of the option `controls`, in its order. */
  readonly controlImages?: readonly (Image | undefined)[];
  readonly openControl: (path: string) => Promise<ControlFiles>;
  /** Of the option `ipAdapters`, in its order. */
  readonly ipAdapterImages?: readonly (readonly Image[] | undefined)[];
  /** Enlarges the picture between the passes of a hires fix. */
  readonly upscaler: Upscaler | undefined;
  /** Where __wildcards__ in prompts come from. */
  readonly wildcards?: Wildcards;
  /** What the prompts were drawn from in an earlier run, for the record. */
  readonly template?: PromptTemplate;
  /** Where the names of adapters are looked up. */
  readonly adapters?: AdapterCatalogue;
  /** Learned concepts that prompts can name. */
  readonly concepts?: EmbeddingTable;
  /** Looks at pictures before they are told. */
  readonly gate?: ContentGate;
  readonly previewEvery: number;
  readonly traceSteps?: boolean;
  readonly pictures: readonly number[] | undefined;
  readonly emit: (event: GenerateEvent) => void;
  readonly signal: AbortSignal;
}
