// A ControlNet or T2I-Adapter, whichever way it was published.

import { joinPath, pathExists, readText } from "#platform";
import type { PublishedConfig } from "../models/config.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import { parsePythonJsonObject } from "../util/python-json.ts";
import { readComponentWeights } from "./component-weights.ts";
import { controlNetConfig } from "./configs/controlnet.ts";
import { t2iAdapterConfig } from "./configs/t2i-adapter.ts";
import { fileKind } from "./kinds.ts";
import { publishedControlNet } from "./names/controlnet.ts";
import { publishedT2iAdapter } from "./names/t2i-adapter.ts";
import { own } from "./own.ts";
import { readWeights } from "./weights-file.ts";

/** A network that steers a UNet after a picture. */
export interface ControlFiles {
  readonly kind: "controlnet" | "t2i-adapter";
  readonly path: string;
  /** config.json as published, or what names and shapes say of it. */
  readonly config: PublishedConfig;
  /** Under the published names. */
  readonly tensors: StoredTensors;
  /** What the user should know. */
  readonly note?: string;
}

const classes: Readonly<Record<string, ControlFiles["kind"]>> = {
  ControlNetModel: "controlnet",
  T2IAdapter: "t2i-adapter",
};

/** Published names and configuration by the name that tells a kind of file. */
const layouts = {
  controlnet: {
    sign: /^(control_model\.)?(input_hint_block|controlnet_cond_embedding)\./,
    publish: publishedControlNet,
    derive: controlNetConfig,
  },
  "t2i-adapter": {
    sign: /^(adapter\.)?body\.\d+\.(in_conv|resnets|block1|body)\./,
    publish: publishedT2iAdapter,
    derive: t2iAdapterConfig,
  },
} as const;

/**
 * The ControlNet or T2I-Adapter at `path`: a folder in diffusers layout, or a single file in that or the original one. Reads
 * headers only. Throws Error when it is something else.
 */
export async function readControl(path: string): Promise<ControlFiles> {
  const configPath = joinPath(path, "config.json");
  if (await pathExists(configPath)) {
    const config = parsePythonJsonObject(await readText(configPath), configPath);
    const name = String(config._class_name);
    const kind = own(classes, name);
    if (kind === undefined)
      throw cannotOpen(path, `it is ${JSON.stringify(name)} (${Object.keys(classes).join(" or ")} is wanted)`);
    const { tensors, note } = await readComponentWeights(path);
    return { kind, path, config, tensors, note };
  }
  const { tensors } = await readWeights(path);
  const names = [...tensors.keys()];
  const label = fileKind(names)?.label;
  const kind = (Object.keys(layouts) as ControlFiles["kind"][]).find((id) =>
    names.some((name) => layouts[id].sign.test(name)),
  );
  if (kind === undefined || strangeKinds.has(label ?? "")) {
    const what = label === undefined ? `its ${names.length} tensors are named as in no known model` : `it is ${label}`;
    throw cannotOpen(path, `${what} (a ControlNet or T2I-Adapter is wanted)`);
  }
  const published = layouts[kind].publish(tensors);
  const config = derived(path, kind, published);
  // Nothing in the file says it: other programs go by its name too.
  if (kind === "t2i-adapter" || !/shuffle[^\\/]*$/i.test(path)) return { kind, path, config, tensors: published };
  const note = `"${path}" is taken for a shuffle ControlNet, by its name: its outputs are averaged over the picture`;
  return { kind, path, config: { ...config, global_pool_conditions: true }, tensors: published, note };
}

function derived(path: string, kind: ControlFiles["kind"], published: StoredTensors): PublishedConfig {
  try {
    return layouts[kind].derive(published);
  } catch (cause) {
    const why =
      "its sizes are those of no published one (a folder in diffusers layout, with its config.json, is wanted)";
    throw cannotOpen(path, why, cause);
  }
}

/** Files with a ControlNet's names that are none. */
const strangeKinds: ReadonlySet<string> = new Set(["a Control-LoRA", "a ControlNet Union"]);

const cannotOpen = (path: string, why: string, cause?: unknown): Error =>
  new Error(`Cannot open control "${path}": ${why}`, { cause });
