// How a server is set up.

import type { ContentPolicy } from "@noisette/core/pipelines/content-gate";
import type { Hono } from "hono";
import type { Env } from "./guard/keys.ts";
import type { GivenModel } from "./models/model-source.ts";
import type { Limits } from "./schema/server-info.ts";
import type { EngineSettings, Services } from "./services.ts";

/** What several servers and workers share. All of them are given the same. */
export interface SharedParts {
  /** redis:// address of the queue and of the events. */
  readonly queue: string;
  /** postgres:// address of the catalogue. */
  readonly database: string;
  /** s3://bucket/prefix?endpoint=…&region=… of the pictures, its keys in the environment; or a folder that all of them see. */
  readonly images: string;
  /** After so long without a sign of its worker a job is given to another: 15 seconds by default. */
  readonly stalledAfterMs?: number;
}

/** What is done to pictures before they are kept or sent. */
export interface ContentOptions {
  /** What becomes of unsafe pictures and previews: off on loopback, else blur, by default. A worker's default is blur. */
  readonly nsfw?: "off" | ContentPolicy;
  /** How unsafe that is, from 0 to 1: 0.5 by default. */
  readonly nsfwThreshold?: number;
  /** Invisible text in every picture for which the request names no other. */
  readonly watermark?: string;
}

/** What does jobs: models and engines. */
export interface EngineOptions extends ContentOptions {
  /** Folder of checkpoints and upscalers. */
  readonly models?: string;
  /** Folder of LoRAs, embeddings and hypernetworks. */
  readonly adapters?: string;
  /** Folder of text files that __name__ in a prompt takes a line from. */
  readonly wildcards?: string;
  /** Models besides; the first is the default until another is chosen. */
  readonly given?: readonly GivenModel[];
  /** The upscaler that is there without a file of the user's. */
  readonly upscaler?: { readonly id: string; readonly path: string };
  /** Offer the models in the Hub's cache: true by default. */
  readonly hubCache?: boolean;
  /** Let jobs fetch models from the Hub. */
  readonly downloads?: boolean;
  readonly engine?: Partial<EngineSettings>;
  /** About what engines may take together; 60 % of the machine's memory by default. */
  readonly engineMemoryBytes?: number;
  /** Jobs that run at once: 1 by default; 0 leaves them to workers. */
  readonly concurrency?: number;
  readonly limits?: Partial<Limits>;
}

/** How to set a worker up. */
export interface WorkerOptions extends EngineOptions {
  readonly shared: SharedParts;
}

/** How to set a server up. */
export interface ServerOptions extends EngineOptions {
  /** Folder for all that it keeps: catalogue, pictures, uploads, runs. Not used with `shared`. */
  readonly data: string;
  /** Where all that is instead, for several servers and workers. Such a server does not train. */
  readonly shared?: SharedParts;
  /** Folder whose folders are data sets to train on. */
  readonly datasets?: string;
  /** Keys of the operator. With one, every request needs a key. */
  readonly keys?: readonly string[];
  /** Listen beyond loopback although there is no key. */
  readonly allowOpen?: boolean;
  /** Names besides localhost that the server is called by on loopback. */
  readonly hosts?: readonly string[];
  /** Origins of other pages that may use it. */
  readonly origins?: readonly string[];
  /** Further routes: other programs' APIs, the studio. */
  readonly more?: (services: Services) => readonly Hono<Env>[];
  /** Is told what went wrong through no fault of a client. */
  readonly report?: (text: string) => void;
}
