// What routes and workers share.

import type { ContentGate } from "@noisette/core/pipelines/content-gate";
import type { Device } from "@noisette/core/runtime/engine";
import type { Catalogue } from "./catalogue/catalogue.ts";
import type { EnginePool } from "./engines/engine-pool.ts";
import type { EventLog } from "./jobs/event-log.ts";
import type { InstalledNetwork } from "./models/find-networks.ts";
import type { ModelSource } from "./models/model-source.ts";
import type { Queue } from "./queue/queue.ts";
import type { JobHappening } from "./schema/job-event.ts";
import type { Limits } from "./schema/server-info.ts";
import type { Wildcards } from "@noisette/core/prompts/expand-template";
import type { FileStore } from "./store/file-store.ts";

/** How engines are opened. */
export interface EngineSettings {
  readonly device: Device | "auto";
  readonly threads?: number;
  /** Path of a tiny autoencoder for previews; without it they are decoded by the model's own. */
  readonly previewDecoder?: string;
}

/** The parts of a server. */
export interface Services {
  readonly catalogue: Catalogue;
  readonly store: FileStore;
  readonly queue: Queue;
  readonly events: EventLog<JobHappening>;
  /** To be called when the line has moved: tells those who wait how far up they are. */
  readonly tellPlaces: () => void;
  readonly engines: EnginePool;
  readonly models: ModelSource;
  /** Upscalers, ControlNets and their like. */
  readonly networks: () => Promise<readonly InstalledNetwork[]>;
  /** Those of them that enlarge; the first is the default. */
  readonly upscalers: () => Promise<readonly InstalledNetwork[]>;
  /** Folder of LoRAs, embeddings and hypernetworks. */
  readonly adapterFolder: string | undefined;
  /** The wildcards of prompts as they are now; undefined where there is no folder for them. */
  readonly wildcards: () => Promise<Wildcards | undefined>;
  readonly limits: Limits;
  readonly engineSettings: EngineSettings;
  /** Looks at every picture before it is kept or sent. */
  readonly contentGate: ContentGate | undefined;
  /** Invisible text in pictures for which a request names no other. */
  readonly watermark: string | undefined;
  /** Whether models may be fetched from the Hub. */
  readonly allowDownloads: boolean;
}
