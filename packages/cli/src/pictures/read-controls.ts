// What --control names: networks, the pictures they follow, and how.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { z } from "zod";
import type { GenerateInputs } from "@noisette/core";
import { readImage } from "@noisette/core/image/png";
import type { GenerateOptions } from "@noisette/core/pipelines/options";
import type { controlFlag } from "../commands/generate-options.ts";
import { UsageError } from "../usage-error.ts";

/** What a picture to repeat says of its controls, as far as that is known. */
export type EarlierControls = readonly (Partial<NonNullable<GenerateOptions["controls"]>[number]> & {
  /** The network's, in another program. */
  readonly name?: string;
})[];

/**
 * The controls of a run. Those that are `written` go before what a picture to repeat says of the same number, which lends them
 * what they leave open. Throws UsageError when one names no network.
 */
export async function readControls(
  written: readonly z.input<typeof controlFlag>[] | undefined,
  earlier: EarlierControls = [],
): Promise<Pick<GenerateInputs, "controls">> {
  if (written === undefined) {
    const whole = earlier.flatMap(({ path, ...others }) => (path === undefined ? [] : [{ path, ...others }]));
    return whole.length === 0 ? {} : { controls: whole };
  }
  const controls = written.map(async ({ image, ...own }, i) => {
    const { path, name: _, ...others } = { ...earlier[i], ...own };
    if (path === undefined)
      throw new UsageError(
        `Cannot follow ${image === undefined ? "a picture" : `"${image}"`}: no network is named (--control MODEL,image=FILE is wanted)`,
      );
    // In full, so that it means the same in another folder.
    return {
      path: existsSync(path) ? resolve(path) : path,
      ...others,
      ...(image !== undefined && { image: await readImage(image) }),
    };
  });
  return { controls: await Promise.all(controls) };
}
