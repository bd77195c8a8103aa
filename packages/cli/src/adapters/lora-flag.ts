// LoRAs on the command line: FILE:WEIGHT:TEXTWEIGHT, or in the form of every value with parts.

import type { Presentation } from "../flags/flag.ts";

const weight = String.raw`:([+-]?(?:\d+\.?\d*|\.\d+))`;
const withWeights = new RegExp(`^(.+?)${weight}(?:${weight})?$`, "s");

/** How the options show themselves. */
export const loraPresentations: Readonly<Record<"loras" | "mergeAdapters", Presentation>> = {
  loras: {
    group: "Adapters",
    name: "lora",
    value: "FILE[:WEIGHT[:TEXT]]",
    read(text) {
      const [, name, unet, encoder] = withWeights.exec(text) ?? [];
      if (name === undefined || /^\s*\{|,\s*\w+=/.test(text)) return undefined;
      return [{ name, weight: Number(unet), ...(encoder !== undefined && { textWeight: Number(encoder) }) }];
    },
  },
  mergeAdapters: { group: "Adapters" },
};
