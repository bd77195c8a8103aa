// README.md of a trained model, as the Hugging Face Hub reads it: what it is, how it was made, what it was made of.

import type { Recipe } from "../recipe/read-recipe.ts";
import { version } from "../../util/version.ts";

/** How far the training was when the model was saved. */
export interface CardFacts {
  readonly step: number;
  readonly images: number;
  readonly seconds: number;
  readonly examples: number;
  readonly validationLoss?: number;
}

const kinds: Readonly<
  Record<Recipe["trainer"], { readonly what: string; readonly library: string; readonly tags: readonly string[] }>
> = {
  autoencoder: { what: "An autoencoder for latent diffusion", library: "diffusers", tags: ["autoencoder"] },
  clip: { what: "CLIP: an image tower and a text tower", library: "transformers", tags: ["clip"] },
  diffusion: { what: "A diffusion model", library: "diffusers", tags: ["diffusion"] },
  judge: { what: "A judge of pictures: what they show and in which style", library: "noisette", tags: ["judge"] },
  lora: { what: "A LoRA", library: "diffusers", tags: ["lora", "text-to-image"] },
  "textual-inversion": { what: "A learned word", library: "diffusers", tags: ["textual_inversion", "text-to-image"] },
  hypernetwork: { what: "A hypernetwork", library: "noisette", tags: ["hypernetwork", "text-to-image"] },
  dreambooth: {
    what: "A text-to-image model that has learnt one thing more",
    library: "diffusers",
    tags: ["dreambooth", "text-to-image"],
  },
  controlnet: { what: "A ControlNet", library: "diffusers", tags: ["controlnet", "text-to-image"] },
};

/** The card as Markdown. */
export function modelCard(recipe: Recipe, { step, images, seconds, examples, validationLoss }: CardFacts): string {
  const { what, library, tags } = kinds[recipe.trainer];
  const { license, description, data } = recipe.card;
  return `---
library_name: ${library}
tags: [${[...tags, "noisette"].join(", ")}]
${license === undefined ? "" : `license: ${license}\n`}---

# ${recipe.name}

${description ?? `${what}, trained with Noisette ${version}.`}

## Training

| | |
|---|---|
| steps | ${step} of ${recipe.steps} |
| pictures seen | ${images} |
| pictures to learn from | ${examples} |
| time | ${(seconds / 3600).toFixed(2)} hours |
| validation loss | ${validationLoss === undefined ? "not measured" : validationLoss.toPrecision(4)} |
| weights | ${recipe.ema === undefined ? "as trained" : `averaged (decay ${recipe.ema.decay})`} |

${data === undefined ? "" : `## Data\n\n${data}\n\n`}## Recipe

\`\`\`json
${JSON.stringify(recipe, null, 2)}
\`\`\`
`;
}
