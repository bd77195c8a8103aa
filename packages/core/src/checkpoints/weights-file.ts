// Weights from a file of any known kind, told apart by what is in it, not by its name.

import { openFile } from "#platform";
import type { ByteSource } from "../platform/bytes.ts";
import { cannotRead } from "../safetensors/cannot-read.ts";
import { readHeader } from "../safetensors/header.ts";
import { readShards } from "../safetensors/shards.ts";
import type { Weights } from "../safetensors/weights.ts";
import { isRecord } from "../util/is-record.ts";
import type { PlainValue } from "./separate-tensors.ts";
import { readTorch } from "./torch-file.ts";

/** A kind of weights file. */
export type WeightsFormat = "safetensors" | "torch" | "index";

/**
 * The tensors of a safetensors file, a torch pickle or an index of shards of either. The numbers and texts at the top
 * level of a pickle (global_step, epoch, name …) are its metadata. Throws when the file is of no known kind.
 */
export async function readWeights(path: string): Promise<Weights & { readonly format: WeightsFormat }> {
  return withFormat(path, async (source, format) => ({ format, ...(await readers[format](source)) }));
}

const readers: Record<WeightsFormat, (source: ByteSource) => Promise<Weights>> = {
  safetensors: readHeader,
  torch: async (source) => {
    const { tensors, plain } = await readTorch(source);
    return { tensors, metadata: scalars(plain) };
  },
  index: (source) => readShards(source.name, readShard),
};

async function readShard(path: string): Promise<Weights> {
  return withFormat(path, (source, format) => {
    if (format === "index") throw cannotRead(path, "it is an index of shards itself (weights are wanted)");
    return readers[format](source);
  });
}

async function withFormat<T>(
  path: string,
  read: (source: ByteSource, format: WeightsFormat) => Promise<T>,
): Promise<T> {
  const source = await openFile(path);
  try {
    return await read(source, formatOf(source.name, await source.read(0, Math.min(1024, source.size))));
  } finally {
    await source.close();
  }
}

/** How the first kilobyte of each kind of file looks, as Latin-1; the first row that holds counts. */
const signatures: readonly [(start: string) => boolean, WeightsFormat | { readonly is: string }][] = [
  // A length below 4 GiB, of which the first bytes may look like anything.
  [(start) => start.slice(4, 9) === "\0\0\0\0{", "safetensors"],
  [(start) => start.startsWith("PK\x03\x04"), "torch"],
  [(start) => start.startsWith("\x80"), "torch"],
  [(start) => start.startsWith("L119547037146038801333356"), "torch"], // torch's magic number in protocols 0 and 1
  [(start) => start.trimStart().startsWith("{") && !start.includes("\0"), "index"],
  [(start) => start.startsWith("version https://git-lfs"), { is: "a Git LFS pointer (fetch the file it stands for)" }],
  [(start) => start.startsWith("GGUF"), { is: "a GGUF file" }],
  [(start) => /^\s*<(?:!doctype|html)/i.test(start), { is: "a web page" }],
  [(start) => start.startsWith("ustar", 257), { is: "a tar archive" }],
];

function formatOf(file: string, start: Uint8Array): WeightsFormat {
  const text = Array.from(start, (code) => String.fromCharCode(code)).join("");
  const kind = signatures.find(([matches]) => matches(text))?.[1] ?? { is: "of no known kind" };
  if (typeof kind === "string") return kind;
  throw cannotRead(
    file,
    `it is ${start.length === 0 ? "empty" : kind.is} (safetensors or a torch checkpoint is wanted)`,
  );
}

/** The entries of a plain dictionary that are no containers, as text. */
function scalars(plain: PlainValue): Record<string, string> {
  if (!isRecord(plain)) return {};
  const kept = Object.entries(plain).filter(([, value]) => value !== null && typeof value !== "object");
  return Object.fromEntries(kept.map(([key, value]) => [key, String(value)]));
}
