// Embeddings and hypernetworks on the command line: FILE=WORD and FILE:WEIGHT, or in the form of every value with parts.

import type { Presentation } from "../flags/flag.ts";

const group = "Adapters";

/** Whether `text` is JSON, or has parts with names: "FILE,word=…". */
const hasParts = (text: string): boolean => /^\s*\{|,\s*\w+=/.test(text);

/** How the options show themselves. */
export const conceptPresentations: Readonly<Record<"embeddings" | "hypernetworks", Presentation>> = {
  embeddings: {
    group,
    name: "embedding",
    value: "FILE[=WORD]",
    read(text) {
      const [, name, word] = /^([^=]+)=(.+)$/.exec(text) ?? [];
      return name === undefined || hasParts(text) ? undefined : [{ name, word }];
    },
  },
  hypernetworks: {
    group,
    name: "hypernetwork",
    value: "FILE[:WEIGHT]",
    read(text) {
      const [, name, weight] = /^(.+):([+-]?(?:\d+\.?\d*|\.\d+))$/.exec(text) ?? [];
      return name === undefined || hasParts(text) ? undefined : [{ name, weight: Number(weight) }];
    },
  },
};
