// The folder that names of adapters are looked up in: --adapters.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import type { GenerateInputs } from "@noisette/core";
import { openAdapterFolder } from "@noisette/core/adapters/catalogue";
import type { Presentation } from "../flags/flag.ts";

/** The option that names it. */
export const adapterFolderOption = {
  adapters: z
    .string()
    .min(1)
    .optional()
    .describe("Folder with the LoRAs, embeddings and hypernetworks that prompts and flags name"),
} as const;

/** How it shows itself. */
export const adapterFolderPresentation: Readonly<Record<"adapters", Presentation>> = {
  adapters: { group: "Adapters", value: "FOLDER" },
};

/** The folder at `path`, open, and its path in full. Throws Error where there is none. */
export async function readAdapterFolder(
  path: string | undefined,
): Promise<{ readonly adapters?: string; readonly inputs: Pick<GenerateInputs, "adapters"> }> {
  if (path === undefined) return { inputs: {} };
  return { adapters: resolve(path), inputs: { adapters: await openAdapterFolder(path) } };
}

/** `adapters` with files named in full, so that they mean the same in another folder. */
export const namedInFull = <A extends { readonly name: string }>(adapters: readonly A[]): A[] =>
  adapters.map((adapter) => ({ ...adapter, name: existsSync(adapter.name) ? resolve(adapter.name) : adapter.name }));
