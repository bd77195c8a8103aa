// Models for one task need what it works on, and others have no use for it.

import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import type { Image } from "../image/image.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { secondPasses } from "./editing-rules.ts";
import type { ResolvedOptions } from "./options.ts";

/** What a run is given. */
interface Given {
  readonly init: Image | Tensor | undefined;
  readonly mask: Image | undefined;
  readonly depth: Image | undefined;
}

/** Throws TypeError when the model's task lacks what it works on, or is given what it cannot use. */
export function checkTask(
  { task, path, preferences }: Pick<Checkpoint, "task" | "path" | "preferences">,
  options: ResolvedOptions,
  { init, mask, depth }: Given,
): void {
  const refuse = (what: string, wanted: string): never => {
    throw new TypeError(`Cannot generate with "${path}": ${what} (${wanted})`);
  };
  if (options.upscale && preferences.upscaler === undefined) refuse("it brings no upscaler", "no upscale is wanted");
  const second = secondPasses.find((name) => options[name] !== undefined);
  if (task === "instruct-pix2pix") {
    if (init === undefined || "dims" in init)
      refuse("it edits pictures by instruction, and there is none", "a picture, init, is wanted");
    if (mask !== undefined) refuse("it edits whole pictures", "no mask is wanted");
    if (second !== undefined) refuse("it edits in one pass", `no ${second} is wanted`);
  }
  if (task === "depth-to-image") {
    if (depth === undefined)
      refuse("it needs a depth map, and no network here estimates one", "a depth picture, depth, is wanted");
    if (second !== undefined) refuse("it paints in one pass", `no ${second} is wanted`);
  } else if (depth !== undefined) {
    refuse(`its UNet takes no depth map (${task})`, "a depth-to-image model is wanted");
  }
}
