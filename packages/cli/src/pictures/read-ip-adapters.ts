// What --ip-adapter names: adapter files, the pictures that are prompts, and how they act.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { z } from "zod";
import type { GenerateInputs } from "@noisette/core";
import { readImage } from "@noisette/core/image/png";
import type { FoundIpAdapter } from "@noisette/core/metadata/control-fields";
import type { GenerateOptions } from "@noisette/core/pipelines/options";
import type { ipAdapterFlag } from "../commands/generate-options.ts";
import { UsageError } from "../usage-error.ts";

/**
 * The IP-Adapters of a run, each with its pictures. What is left open of one is as a picture to repeat says of the same number.
 * Throws UsageError when one names no file or no picture.
 */
export async function readIpAdapters(
  written: readonly z.input<typeof ipAdapterFlag>[] | undefined,
  earlier: readonly (Partial<NonNullable<GenerateOptions["ipAdapters"]>[number]> & FoundIpAdapter)[] = [],
): Promise<Pick<GenerateInputs, "ipAdapters">> {
  if (written === undefined) return {};
  const adapters = written.map(async ({ image = [], ...own }, i) => {
    const { path, encoder, name: _, ...others } = { ...earlier[i], ...own };
    if (path === undefined || image.length === 0)
      throw new UsageError(
        `Cannot look at ${path === undefined ? image.map((name) => `"${name}"`).join(", ") : `no picture by "${path}"`} (--ip-adapter FILE,image=PICTURE is wanted)`,
      );
    return {
      path: inFull(path),
      ...(encoder !== undefined && { encoder: inFull(encoder) }),
      ...others,
      images: await Promise.all(image.map(readImage)),
    };
  });
  return { ipAdapters: await Promise.all(adapters) };
}

/** So that it means the same in another folder. */
const inFull = (path: string): string => (existsSync(path) ? resolve(path) : path);
