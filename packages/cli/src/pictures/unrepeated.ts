// What of another program's picture cannot be made again, in sentences.

import type { FoundSettings } from "@noisette/core/metadata/found-settings";

/** A sentence for each thing of the picture at `path` that `settings` could not bring over. */
export function unrepeated(
  path: string,
  { software, networks, notReproduced, refiner }: FoundSettings,
  { hasRefiner }: { readonly hasRefiner: boolean },
): string[] {
  const missing = [
    ...notReproduced,
    ...networks.map((tag) => `${tag} (networks named in prompts cannot be applied yet)`),
    ...(refiner !== undefined && !hasRefiner
      ? [`its refiner, ${refiner.name} (--refiner with its file is wanted)`]
      : []),
  ];
  return [`"${path}" was made by ${software}`, ...missing.map((what) => `cannot reproduce of "${path}": ${what}`)];
}
