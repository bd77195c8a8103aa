// The adapters of a run: those that its options and prompts name, and for each prompt the networks with its own in them.
// Low-rank ones run live, all of the run at once, so that prompts and steps differ only in the weights they feed; others
// are merged into the weights, for which the networks are loaded again.

import type { AdapterComponent } from "../adapters/adapter.ts";
import type { AdapterCatalogue } from "../adapters/catalogue.ts";
import { weightsInput } from "../adapters/live-factors.ts";
import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import type { NetworkTag } from "../prompts/network-tags.ts";
import { readPrompt } from "../prompts/read-prompt.ts";
import { tensor } from "../tensor/tensor.ts";
import type { LoraOption, StepOf } from "./adapter-options.ts";
import { stepAt, strengthOf, unetWeight } from "./adapter-options.ts";
import type { AdapterShelf, ShelvedAdapter } from "./adapter-shelf.ts";
import { cutAdapter, liveIn, mergedInto, reasonToMerge } from "./network-adapters.ts";
import type { AppliedAdapter } from "./network-adapters.ts";
import type { Networks } from "./networks.ts";
import type { ResolvedOptions } from "./options.ts";

/** What to find adapters with. */
export interface RunAdaptersOptions {
  readonly checkpoint: Checkpoint;
  readonly networks: Networks;
  readonly shelf: AdapterShelf;
  /** Where names are looked up. */
  readonly catalogue: AdapterCatalogue | undefined;
  readonly notice: (text: string) => void;
}

/** The texts of one prompt: everything in them that is in angle brackets holds for all of it. */
export type PromptTexts = readonly (string | undefined)[];

/** The networks for one prompt. */
export interface PromptAdapters {
  readonly networks: Networks;
  /** Sets the UNet's weights for an evaluation at σ of a pass through `sigmas`. */
  readonly follow: (sigma: number, sigmas: readonly number[]) => void;
  readonly used: readonly UsedAdapter[];
}

/** An adapter that a prompt uses, as it is named. */
export interface UsedAdapter extends ShelvedAdapter {
  readonly name: string;
}

type UsedLora = UsedAdapter & AppliedAdapter;

/**
 * Finds and reads the adapters of `prompts`; the result gives each of these its networks. Throws Error when one is not
 * there, does not fit the model, or is named twice for one prompt.
 */
export async function runAdapters(
  options: Pick<ResolvedOptions, "loras" | "mergeAdapters" | "promptSyntax">,
  prompts: readonly PromptTexts[],
  { checkpoint, networks, shelf, catalogue, notice }: RunAdaptersOptions,
): Promise<(prompt: PromptTexts) => PromptAdapters> {
  const found = new Map<string, readonly UsedLora[]>();
  for (const prompt of prompts) {
    const key = JSON.stringify(prompt);
    if (found.has(key)) continue;
    const loras = await lorasOf(prompt);
    found.set(key, [...found.values()].find((others) => sameLoras(others, loras)) ?? loras);
  }
  const all = new Map([...found.values()].flat().map((lora) => [lora.key, lora]));
  for (const text of new Set([...all.values()].flatMap(({ adapter }) => adapter.notes))) notice(text);
  const reasons = new Map([...all.values()].map((lora) => [lora.key, reasonToMerge(lora.adapter, options)]));
  const live = [...all.values()].filter(({ key }) => reasons.get(key) === undefined);
  for (const { key, name } of all.values()) {
    const reason = reasons.get(key);
    if (reason !== undefined)
      notice(`the LoRA "${name}" is merged into the weights (${reason}): what it changes is loaded again`);
  }

  const known = new Map<readonly UsedLora[], PromptAdapters>();
  return (prompt) => {
    const loras = found.get(JSON.stringify(prompt))!;
    const adapters = known.get(loras) ?? adaptersOf(loras);
    known.set(loras, adapters);
    return adapters;
  };

  function adaptersOf(loras: readonly UsedLora[]): PromptAdapters {
    if (all.size === 0) return { networks, follow: () => undefined, used: loras };
    const merged = loras.filter(({ key }) => reasons.get(key) !== undefined);
    for (const { name, weight, start, end } of merged) {
      if (typeof weight !== "number" || start !== undefined || end !== undefined)
        throw new RangeError(
          `Cannot change the weight of the LoRA "${name}" over the steps: it is merged into the weights (one weight, and no start or end, is wanted)`,
        );
    }
    let at: StepOf = { step: 0, steps: 1 };
    const weightsOf = (component: AdapterComponent) =>
      Float32Array.from(live, ({ key }) => {
        const own = loras.find((lora) => lora.key === key);
        if (own === undefined) return 0;
        return component === "unet" ? unetWeight(own, at) : own.textWeight;
      });
    const adapters = new Map(
      components.map((component) => [
        component,
        { ...liveIn(component, live, checkpoint), ...mergedInto(component, merged, checkpoint) },
      ]),
    );
    return {
      networks: {
        ...networks,
        async get(part, signal, tracing, more) {
          const component = part as AdapterComponent;
          const own = { ...adapters.get(component), ...more };
          const network = await networks.get(part, signal, tracing, own);
          if (own.live === undefined) return network;
          return {
            ...network,
            run: (feeds, run) =>
              network.run({ [weightsInput]: tensor([1, live.length], weightsOf(component)), ...feeds }, run),
          };
        },
      },
      follow: (sigma, sigmas) => void (at = stepAt(sigma, sigmas)),
      used: loras,
    };
  }

  async function lorasOf(prompt: PromptTexts): Promise<readonly UsedLora[]> {
    const { promptSyntax: syntax, loras = [] } = options;
    const tags = prompt.flatMap((text) => readPrompt(text ?? "", { syntax, steps: 1 }).networks);
    // The other tags are run-hypernetworks.ts's.
    const named = [...loras, ...tags.filter((tag) => tag.kind === "lora").map(loraOf)];
    const used: UsedLora[] = [];
    for (const { name, blockWeights, rank, ...strength } of named) {
      const shelved = await shelf.lora(name, catalogue);
      const twin = used.find(({ path }) => path === shelved.path);
      if (twin !== undefined)
        throw new Error(`Cannot use "${shelved.path}" twice: "${twin.name}" and "${name}" name it (once is wanted)`);
      used.push({
        ...shelved,
        ...strengthOf(strength),
        name,
        blockWeights,
        key: JSON.stringify([shelved.version, rank, blockWeights]),
        adapter: rank === undefined ? shelved.adapter : cutAdapter(shelved.adapter, rank),
      });
    }
    return used;
  }
}

const sameLoras = (a: readonly UsedLora[], b: readonly UsedLora[]): boolean => {
  const text = (loras: readonly UsedLora[]) =>
    JSON.stringify(
      loras.map(({ key, name, weight, textWeight, start, end }) => [key, name, weight, textWeight, start, end]),
    );
  return text(a) === text(b);
};

/** What a tag stands for among the options. */
const loraOf = ({
  name,
  unet,
  textEncoder,
  from,
  until,
  blockWeights,
  rank,
}: Extract<NetworkTag, { kind: "lora" }>): LoraOption => ({
  name,
  weight: unet as LoraOption["weight"],
  textWeight: textEncoder,
  start: from,
  end: until,
  blockWeights: blockWeights && [...blockWeights],
  rank,
});

const components: readonly AdapterComponent[] = ["unet", "textEncoder", "textEncoder2"];
