// What of another program's picture cannot be made again, in sentences.

import type { FoundSettings } from "@noisette/core/metadata/found-settings";

/** What is given beside the picture. */
interface Given {
  readonly hasRefiner: boolean;
  /** A folder in which the networks that prompts name are looked up. */
  readonly hasAdapters: boolean;
  readonly controls: number;
  readonly ipAdapters: number;
}

/** A sentence for each thing of the picture at `path` that `settings` could not bring over. */
export function unrepeated(
  path: string,
  { software, networks, controls = [], ipAdapters = [], notReproduced, refiner }: FoundSettings,
  given: Given,
): string[] {
  const missing = [
    ...notReproduced,
    ...(given.hasAdapters ? [] : networks.map((tag) => `${tag} (--adapters with the folder it is in is wanted)`)),
    ...controls
      .slice(given.controls)
      .map(({ name = "a control" }) => `ControlNet ${name} (--control with its file and picture is wanted)`),
    ...ipAdapters
      .slice(given.ipAdapters)
      .map(({ name = "without a name" }) => `IP-Adapter ${name} (--ip-adapter with its file and picture is wanted)`),
    ...(refiner !== undefined && !given.hasRefiner
      ? [`its refiner, ${refiner.name} (--refiner with its file is wanted)`]
      : []),
  ];
  return [`"${path}" was made by ${software}`, ...missing.map((what) => `cannot reproduce of "${path}": ${what}`)];
}
