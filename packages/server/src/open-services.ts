// What servers and workers are both made of, opened and put together.

import { totalmem } from "node:os";
import { openWildcards } from "@noisette/core/prompts/wildcard-folder";
import { servedGate } from "./content/served-gate.ts";
import { enginePool } from "./engines/engine-pool.ts";
import { defaultLimits } from "./limits.ts";
import { placesTeller } from "./jobs/places.ts";
import { findNetworks } from "./models/find-networks.ts";
import { modelSource } from "./models/model-source.ts";
import type { EngineOptions } from "./server-options.ts";
import type { EngineSettings, Services } from "./services.ts";
import type { KeptParts } from "./shared-parts.ts";

/** The services on top of what is kept. */
export function openServices({ catalogue, store, queue, events }: KeptParts, options: EngineOptions): Services {
  const { models: folder, adapters, wildcards, given = [], hubCache = true, nsfw = "blur" } = options;
  const engines = enginePool({ memoryBytes: options.engineMemoryBytes ?? 0.6 * totalmem() });
  const engineSettings: EngineSettings = { device: "auto", ...options.engine };
  const folders = [folder, adapters].filter((one) => one !== undefined);
  const networks = () => findNetworks({ folders, bundled: options.upscaler });
  return {
    catalogue,
    store,
    queue,
    events,
    tellPlaces: placesTeller({ catalogue, events }),
    engines,
    models: modelSource({ folder, hubCache, given }),
    networks,
    upscalers: async () => (await networks()).filter(({ kind }) => kind === "upscaler"),
    adapterFolder: adapters,
    wildcards: async () =>
      // Where the folder is, is nobody's business.
      wildcards === undefined ? undefined : { ...(await openWildcards(wildcards)), source: "this server's wildcards" },
    limits: { ...defaultLimits, ...options.limits },
    engineSettings,
    contentGate: servedGate(engines, engineSettings, { ...options, nsfw }),
    watermark: options.watermark,
    allowDownloads: options.downloads ?? false,
  };
}
