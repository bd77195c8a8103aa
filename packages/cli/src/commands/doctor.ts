// `noisette doctor`: what this machine has, for a person with a problem and for the report they write.

import { statfs } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism, cpus, freemem, release, totalmem } from "node:os";
import { dirname } from "node:path";
import { z } from "zod";
import { version } from "@noisette/core/util/version";
import { probeDevices } from "@noisette/core/runtime/open-engine";
import { sizeOnDisk } from "@noisette/server/models/find-checkpoints";
import { hubPlace } from "@noisette/server/models/hub-place";
import { definitions } from "../terminal/table.ts";
import { formatBytes } from "../terminal/units.ts";
import { defineCommand } from "./command.ts";
import { jsonOption } from "./json-option.ts";

/** `noisette doctor`. */
export const command = defineCommand({
  usage: ["noisette doctor"],
  about:
    "Says what this machine has: versions, processors, memory, which devices work and why others do not, the Hub's cache and settings, disk space.",
  options: z.strictObject(jsonOption.shape),
  presentations: { json: { group: "Output" } },
  async run({ json }) {
    const report = await examine();
    process.stdout.write(`${json ? JSON.stringify(report, null, 2) : definitions(entries(report)).join("\n")}\n`);
  },
});

type Report = Awaited<ReturnType<typeof examine>>;

async function examine() {
  const [hub, devices, sharp] = await Promise.all([
    hubPlace(),
    probeDevices(),
    import("sharp").then((loaded) => loaded.default),
  ]);
  return {
    noisette: version,
    node: process.versions.node,
    onnxruntime: (createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string }).version,
    sharp: sharp.versions.sharp ?? "unknown",
    platform: `${process.platform} ${process.arch}`,
    release: release(),
    processor: { model: cpus()[0]?.model.trim() ?? "unknown", cores: availableParallelism() },
    memory: { totalBytes: totalmem(), freeBytes: freemem() },
    devices,
    hub: {
      cacheFolder: hub.cacheFolder,
      cacheBytes: await sizeOnDisk(hub.cacheFolder),
      cacheDiskFreeBytes: await freeDiskBytes(hub.cacheFolder),
      endpoint: hub.endpoint,
      offline: hub.offline,
      hasToken: hub.token !== undefined,
    },
    folder: { path: process.cwd(), diskFreeBytes: await freeDiskBytes(process.cwd()) },
    environment: settings(),
  };
}

function entries({
  processor,
  memory,
  devices,
  hub,
  folder,
  environment,
  ...about
}: Report): (readonly [string, string])[] {
  return [
    ["noisette", `${about.noisette} on Node ${about.node}, ${about.platform} (${about.release})`],
    ["libraries", `onnxruntime-node ${about.onnxruntime}, sharp ${about.sharp}`],
    ["processor", `${processor.model}, ${processor.cores} cores`],
    ["memory", `${formatBytes(memory.freeBytes)} free of ${formatBytes(memory.totalBytes)}`],
    ...devices.map(({ device, problem }) => [`device ${device}`, problem ?? "works"] as const),
    ["Hub", `${hub.endpoint}${hub.offline ? ", offline" : ""}, ${hub.hasToken ? "with a token" : "no token"}`],
    ["Hub cache", `${hub.cacheFolder}, ${formatBytes(hub.cacheBytes)}${free(hub.cacheDiskFreeBytes)}`],
    ["this folder", `${folder.path}${free(folder.diskFreeBytes)}`],
    [
      "settings",
      Object.entries(environment)
        .map(([name, value]) => `${name}=${value}`)
        .join("\n") || "no HF_* or NOISETTE_* variables",
    ],
  ];
}

const free = (sizeBytes: number | undefined): string =>
  sizeBytes === undefined ? "" : `, ${formatBytes(sizeBytes)} free on its disk`;

/** Room on the disk of `path`, or of the nearest folder above it that exists. */
async function freeDiskBytes(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return dirname(path) === path ? undefined : freeDiskBytes(dirname(path));
  }
}

/** The environment variables that change what happens; tokens are not shown. */
function settings(): Record<string, string> {
  const ours = Object.entries(process.env).filter(([name]) =>
    /^(HF_|HUGGING_?FACE_|TRANSFORMERS_OFFLINE$|NOISETTE_|VK_)/.test(name),
  );
  return Object.fromEntries(ours.map(([name, value = ""]) => [name, name.endsWith("TOKEN") ? "(set)" : value]));
}
