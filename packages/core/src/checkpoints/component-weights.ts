// Which file of a diffusers component folder holds its weights.

import { joinPath, listFolder } from "#platform";
import type { Weights } from "../safetensors/weights.ts";
import { readWeights } from "./weights-file.ts";

/** Base names under which diffusers and transformers save; the latter's pickles are called otherwise. */
const stems = [
  { safetensors: "diffusion_pytorch_model", pickle: "diffusion_pytorch_model" },
  { safetensors: "model", pickle: "pytorch_model" },
];

/** The weights of a component. */
export interface ComponentWeights extends Weights {
  /** Set when the wanted files were not there. */
  readonly note?: string;
}

/**
 * Reads the weights in `folder`. With `variant` the files named for it ("fp16"), else the plain ones; where the wanted
 * ones are missing the others are taken and a note says so. Within one choice safetensors come before pickles.
 */
export async function readComponentWeights(
  folder: string,
  { variant }: { variant?: string } = {},
): Promise<ComponentWeights> {
  const names = await listFolder(folder);
  const present = variantsIn(names);
  const order = variant === undefined ? [undefined, "fp16", ...present] : [variant, undefined];
  for (const choice of order) {
    const name = candidates(choice).find((candidate) => names.includes(candidate));
    if (name === undefined) continue;
    const weights = await readWeights(joinPath(folder, name));
    const note = choice === variant ? undefined : `"${folder}" has no ${variant ?? "plain"} weights: "${name}" is used`;
    return { ...weights, note };
  }
  const wanted = candidates(variant).filter((name) => !name.endsWith(".json"));
  throw new Error(
    `Cannot open "${folder}": no weights (one of ${wanted.map((name) => `"${name}"`).join(", ")} is wanted)`,
  );
}

/** File names in order of preference; with a variant, "model.fp16.safetensors" and "model.safetensors.index.fp16.json". */
function candidates(variant: string | undefined): string[] {
  const mark = variant === undefined ? "" : `.${variant}`;
  const forms = (stem: string, ending: string) => [`${stem}${mark}.${ending}`, `${stem}.${ending}.index${mark}.json`];
  return [
    ...stems.flatMap(({ safetensors }) => forms(safetensors, "safetensors")),
    ...stems.flatMap(({ pickle }) => forms(pickle, "bin")),
  ];
}

function variantsIn(names: readonly string[]): string[] {
  return names.flatMap(
    (name) => /^(?:diffusion_pytorch_model|pytorch_model|model)\.([\w-]+)\.(?:safetensors|bin)$/.exec(name)?.[1] ?? [],
  );
}
