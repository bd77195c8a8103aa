// Everything that the prompts of a run can name, together: LoRAs and their relatives, hypernetworks, embeddings.

import type { AdapterCatalogue } from "../adapters/catalogue.ts";
import type { EmbeddingTable } from "../prompts/embeddings.ts";
import type { PlannedPass } from "./passes.ts";
import type { PictureRecord } from "./record.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Parts } from "./run.ts";
import { runAdapters } from "./run-adapters.ts";
import type { PromptAdapters, PromptTexts } from "./run-adapters.ts";
import { runEmbeddings, usedEmbeddings } from "./run-embeddings.ts";
import { runHypernetworks } from "./run-hypernetworks.ts";
import type { PromptHypernetworks } from "./run-hypernetworks.ts";

/** The networks for one prompt, with what it names in them. */
export interface PromptConcepts extends PromptAdapters {
  readonly hypernetworks: PromptHypernetworks;
}

/** What a run's prompts name, found and read. */
export interface RunConcepts {
  readonly embeddings: EmbeddingTable;
  /** For one of the run's prompts. */
  of(prompt: PromptTexts): PromptConcepts;
  /** What the record tells of those that the prompt with this number used in `passes`. */
  used(
    prompt: number,
    passes: readonly PlannedPass[],
  ): Promise<Pick<PictureRecord, "loras" | "embeddings" | "hypernetworks">>;
}

/** Where to look, and what for. */
export interface RunConceptsOptions {
  readonly prompts: readonly PromptTexts[];
  /** Texts that can name embeddings alone. */
  readonly negatives: PromptTexts;
  readonly catalogue: AdapterCatalogue | undefined;
  /** The caller's own embeddings. */
  readonly concepts: EmbeddingTable | undefined;
  readonly notice: (text: string) => void;
}

/** Finds and reads them. Throws Error when one is not there, or does not fit the model. */
export async function runConcepts(
  parts: Parts,
  options: ResolvedOptions,
  { prompts, negatives, catalogue, concepts, notice }: RunConceptsOptions,
): Promise<RunConcepts> {
  const { unet, textEncoder, textEncoder2 } = parts.networks.configs;
  const adaptersOf = await runAdapters(options, prompts, { ...parts, catalogue, notice });
  const hypernetworksOf = await runHypernetworks(options, prompts, { catalogue, unet });
  const embeddings = await runEmbeddings(options, {
    catalogue,
    concepts,
    widths: {
      ...(textEncoder && { textEncoder: textEncoder.width }),
      ...(textEncoder2 && { textEncoder2: textEncoder2.width }),
    },
    texts: [...prompts, negatives].flat().filter((text) => text !== undefined),
    notice,
  });
  return {
    embeddings,
    of(prompt) {
      const [adapters, hypernetworks] = [adaptersOf(prompt), hypernetworksOf(prompt)];
      return { ...adapters, networks: hypernetworks.within(adapters.networks), hypernetworks };
    },
    async used(number, passes) {
      const conditions = passes.flatMap(({ prompts }) => [prompts[number].positive, prompts[number].negative]);
      const words = await usedEmbeddings(conditions, embeddings);
      const hypernetworks = await Promise.all(
        passes[0].concepts[number].hypernetworks.used.map(async ({ name, weight, hash }) => ({
          name,
          weight,
          hash: await hash(),
        })),
      );
      const used = new Map(passes.flatMap(({ concepts }) => concepts[number].used.map((lora) => [lora.path, lora])));
      const loras = await Promise.all(
        Array.from(used.values(), async ({ name, path, hash }) => ({ name, path, hash: await hash() })),
      );
      return {
        ...(loras.length > 0 && { loras }),
        ...(words.length > 0 && { embeddings: words }),
        ...(hypernetworks.length > 0 && { hypernetworks }),
      };
    },
  };
}
