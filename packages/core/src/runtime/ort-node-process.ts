// Main program of Node's engine process: serves ONNX Runtime sessions to the process that started it, and ends with it.

import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-node";
import type { EngineMemory } from "./engine.ts";
import type { RequestMessage } from "./protocol.ts";
import { serve } from "./service.ts";

serve(
  {
    send: (message) => void process.send?.(message),
    onMessage: (handle) => void process.on("message", (message) => handle(message as RequestMessage)),
  },
  ort as never,
  memory,
);
process.on("disconnect", () => process.exit());
// A terminal's Ctrl-C reaches this process too. Whoever started it decides: a training first takes its weights out of here.
process.on("SIGINT", () => {});

function memory(): EngineMemory {
  const { rss: residentBytes } = process.memoryUsage();
  // Linux knows the peak; elsewhere getrusage's is near it.
  const peak =
    process.platform === "linux" ? /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] : undefined;
  return { residentBytes, peakBytes: 1024 * (peak === undefined ? process.resourceUsage().maxRSS : Number(peak)) };
}
