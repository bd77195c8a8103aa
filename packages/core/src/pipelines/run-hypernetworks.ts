// The hypernetworks of a run: those that its options and prompts name, read once, and for each prompt the UNet with all of them
// in it, at its own weights. Only another list of files loads the UNet again; weights are inputs.

import type { AdapterCatalogue } from "../adapters/catalogue.ts";
import { hypernetworkTensors, readHypernetwork } from "../adapters/hypernetwork.ts";
import type { HypernetworkFile } from "../adapters/hypernetwork.ts";
import { modelHash } from "../checkpoints/model-hash.ts";
import { hypernetworkWeight, withHypernetworks } from "../models/hypernetwork.ts";
import type { UNetConfig } from "../models/unet.ts";
import { readPrompt } from "../prompts/read-prompt.ts";
import { tensor } from "../tensor/tensor.ts";
import { adapterPath } from "./adapter-path.ts";
import type { Networks } from "./networks.ts";
import type { ResolvedOptions } from "./options.ts";
import type { PromptTexts } from "./run-adapters.ts";

/** A hypernetwork that a prompt uses. */
export interface UsedHypernetwork {
  /** As it is named. */
  readonly name: string;
  readonly path: string;
  readonly weight: number;
  /** A1111's, as pictures tell it. */
  readonly hash: () => Promise<string>;
}

/** The hypernetworks of one prompt. */
export interface PromptHypernetworks {
  /** `networks` with them in the UNet. */
  within(networks: Networks): Networks;
  readonly used: readonly UsedHypernetwork[];
}

/**
 * Finds and reads the hypernetworks of `prompts`; the result gives each of these its own. They act in the order in which the run
 * names them first: each sees the context as those before it made it. Throws Error when one is not there, is named twice for one
 * prompt, or changes no attention of the UNet.
 */
export async function runHypernetworks(
  options: Pick<ResolvedOptions, "hypernetworks" | "promptSyntax">,
  prompts: readonly PromptTexts[],
  { catalogue, unet }: { readonly catalogue: AdapterCatalogue | undefined; readonly unet: UNetConfig },
): Promise<(prompt: PromptTexts) => PromptHypernetworks> {
  const { promptSyntax: syntax, hypernetworks = [] } = options;
  const files = new Map<string, HypernetworkFile>();
  const found = new Map<string, PromptHypernetworks>();
  const usedBy = new Map<string, readonly UsedHypernetwork[]>();
  for (const prompt of prompts) {
    const tags = prompt.flatMap((text) => readPrompt(text ?? "", { syntax, steps: 1 }).networks);
    const named = [...hypernetworks, ...tags.filter((tag) => tag.kind === "hypernet")];
    const used: UsedHypernetwork[] = [];
    for (const { name, weight = 1 } of named) {
      const path = await adapterPath("hypernetwork", name, catalogue);
      const twin = used.find((other) => other.path === path);
      if (twin !== undefined)
        throw new Error(`Cannot use "${path}" twice: "${twin.name}" and "${name}" name it (once is wanted)`);
      if (!files.has(path)) files.set(path, fitting(await readHypernetwork(path), unet));
      used.push({ name, path, weight, hash: () => modelHash([path]) });
    }
    usedBy.set(JSON.stringify(prompt), used);
  }
  const all = [...files.values()];
  const within = {
    key: JSON.stringify(all.map(({ path, config }) => [path, config])),
    graph: (own: Parameters<typeof withHypernetworks>[0]) =>
      withHypernetworks(
        own,
        all.map(({ config }) => config),
      ),
    tensors: hypernetworkTensors(all),
  };
  for (const [key, used] of usedBy) {
    const weights = Object.fromEntries(
      all.map(({ path }, i) => {
        const weight = used.find((own) => own.path === path)?.weight ?? 0;
        return [hypernetworkWeight(i), tensor([], Float32Array.of(weight))];
      }),
    );
    // The same networks each time: equal prompts are known by them.
    const known = new Map<Networks, Networks>();
    found.set(key, {
      used,
      within(networks) {
        if (all.length === 0) return networks;
        const changed = known.get(networks) ?? {
          ...networks,
          async get(part, signal, tracing, adapters) {
            if (part !== "unet") return networks.get(part, signal, tracing, adapters);
            const network = await networks.get(part, signal, tracing, { ...adapters, within });
            return { ...network, run: (feeds, run) => network.run({ ...weights, ...feeds }, run) };
          },
        };
        known.set(networks, changed);
        return changed;
      },
    });
  }
  return (prompt) => found.get(JSON.stringify(prompt))!;
}

/** Widths of the text in the published families, which no level of their UNets has. */
const families: Readonly<Record<number, string>> = { 768: "SD 1.x", 1024: "SD 2.x", 2048: "SDXL" };

/** `file`, if it is for such a UNet. Throws Error when it changes other text, or no attention at all. */
function fitting(file: HypernetworkFile, { contextWidth, levels }: UNetConfig): HypernetworkFile {
  const { widths } = file.config;
  const attended = [contextWidth, ...levels.map(({ features }) => features)];
  // Its self-attention finds something to change in nearly every UNet: the width of its text tells the family.
  const text = widths.find((width) => Object.hasOwn(families, width));
  const fits = text === undefined ? widths.some((width) => attended.includes(width)) : widths.includes(contextWidth);
  if (fits) return file;
  const family = text === undefined ? "" : `, as for ${families[text]}`;
  throw new Error(
    `Cannot use the hypernetwork "${file.path}": it changes contexts of width ${widths.join(", ")}${family} (${contextWidth}, the width of this model's text, is wanted)`,
  );
}
