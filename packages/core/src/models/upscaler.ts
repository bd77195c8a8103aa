// The networks that enlarge pictures, by architecture.

import type { Graph } from "../graph/graph.ts";
import { rrdbGraph } from "./rrdb.ts";
import type { RrdbConfig } from "./rrdb.ts";
import { srvggGraph } from "./srvgg.ts";
import type { SrvggConfig } from "./srvgg.ts";

/** An upscaler's architecture and sizes. */
export type UpscalerConfig = RrdbConfig | SrvggConfig;

/** Input `image` [batch,C,height,width] in [0,1]; output `upscaled`, `scale` times as large. */
export const upscalerGraph = (config: UpscalerConfig): Graph =>
  config.kind === "rrdb" ? rrdbGraph(config) : srvggGraph(config);
