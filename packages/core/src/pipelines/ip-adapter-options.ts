// The option that names IP-Adapters, and how strongly each is to act.

import { z } from "zod";
import type { Image } from "../image/image.ts";

const part = z.number().min(0).max(1);

/** One IP-Adapter, as far as it can be written down. */
export const ipAdapterOption = z.strictObject({
  path: z.string().min(1).describe("IP-Adapter file (.safetensors, .bin)"),
  encoder: z.string().min(1).optional().describe("Folder of its image encoder (image_encoder beside it)"),
  weight: z.number().min(-2).max(2).default(1).describe("How strongly its pictures act beside the text"),
  start: part.default(0).describe("Part of the steps at which it begins"),
  end: part.default(1).describe("Part of the steps at which it ends"),
});

/** The shape of these options, a part of generateOptions. */
export const ipAdapterOptions = {
  ipAdapters: z.array(ipAdapterOption).min(1).max(8).optional().describe("IP-Adapters, with pictures as prompts"),
} as const;

/** One IP-Adapter with its defaults. */
export type IpAdapterOption = z.output<typeof ipAdapterOption>;

/** One IP-Adapter as a caller writes it. */
export type IpAdapter = z.input<typeof ipAdapterOption> & {
  /** The pictures to look at, seen together; at least one. */
  readonly images?: readonly Image[];
};

/** IP-Adapters apart from their pictures: what can be written down, and what cannot. */
export function separateIpAdapters(adapters: readonly IpAdapter[] | undefined): {
  readonly options: { readonly ipAdapters?: z.input<typeof ipAdapterOption>[] };
  readonly images?: readonly (readonly Image[] | undefined)[];
} {
  if (adapters === undefined) return { options: {} };
  return {
    options: { ipAdapters: adapters.map(withoutImages) },
    images: adapters.map(({ images }) => images),
  };
}

function withoutImages(adapter: IpAdapter): z.input<typeof ipAdapterOption> {
  const { images: _, ...option } = adapter;
  return option;
}
