// IDX files, as MNIST and Fashion-MNIST are published: two zero bytes, an element type, the number of dimensions, big-endian
// sizes, elements; usually in gzip. http://yann.lecun.com/exdb/mnist/, https://github.com/zalandoresearch/fashion-mnist

import { joinPath, pathExists } from "#platform";
import { gunzipSync } from "fflate";
import { readBytes } from "../image/png.ts";
import { elementCount } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sha256 } from "../util/sha256.ts";
import type { Dataset, Description } from "./dataset.ts";

/** The classes of Fashion-MNIST by label. */
export const fashionMnistClasses: readonly string[] = [
  "t-shirt",
  "trouser",
  "pullover",
  "dress",
  "coat",
  "sandal",
  "shirt",
  "sneaker",
  "bag",
  "ankle boot",
];

/** Which pictures, and what their labels are called. */
export interface IdxOptions {
  readonly split?: "train" | "test";
  /** Names by label; they become the captions. Without them there is none. */
  readonly classes?: readonly string[];
}

const prefixes = { train: "train", test: "t10k" } as const;

/** The labelled grey pictures in `folder`, as its files `train-images-idx3-ubyte.gz` and so on hold them. */
export async function openIdx(folder: string, { split = "train", classes }: IdxOptions = {}): Promise<Dataset> {
  const images = await readIdxFile(folder, `${prefixes[split]}-images-idx3-ubyte`);
  const labels = await readIdxFile(folder, `${prefixes[split]}-labels-idx1-ubyte`);
  const [count, height, width] = images.dims;
  if (images.dims.length !== 3 || labels.dims.length !== 1 || labels.dims[0] !== count || count === 0) {
    throw new Error(
      `Cannot open "${folder}": pictures [${images.dims}] with labels [${labels.dims}] ([N,H,W] and [N] are wanted)`,
    );
  }
  function describe(index: number): Description {
    if (!(Number.isInteger(index) && index >= 0 && index < count))
      throw new RangeError(`Cannot read example ${index} of "${folder}": it has ${count}`);
    const label = labels.data[index];
    const caption = classes?.[label];
    return { id: `${split}/${index}`, label, columns: {}, ...(caption === undefined ? {} : { caption }) };
  }
  return {
    name: folder,
    length: count,
    skipped: [],
    hash: await sha256(images.data),
    describe,
    async read(index) {
      const description = describe(index);
      const grey = images.data.subarray(index * width * height, (index + 1) * width * height);
      const data = new Uint8Array(3 * grey.length);
      for (let i = 0; i < grey.length; i++) data.fill(grey[i], 3 * i, 3 * i + 3);
      return { ...description, image: { width, height, channels: 3, data } };
    },
  };
}

async function readIdxFile(folder: string, name: string): Promise<Tensor<"uint8">> {
  const plain = joinPath(folder, name);
  const compressed = `${plain}.gz`;
  const path = (await pathExists(plain)) ? plain : compressed;
  const bytes = await readBytes(path);
  return parseIdx(bytes, path);
}

/** The bytes of an IDX file (gzip or not) as a tensor. Throws when they are none, or too few or many. */
export function parseIdx(bytes: Uint8Array, name: string): Tensor<"uint8"> {
  const raw = bytes[0] === 0x1f && bytes[1] === 0x8b ? unzipped(bytes, name) : bytes;
  if (raw.length < 4 || raw[0] !== 0 || raw[1] !== 0 || raw[2] !== 0x08 || raw[3] === 0)
    throw new Error(`Cannot read "${name}": it is no IDX file of unsigned bytes`);
  const rank = raw[3];
  const start = 4 + 4 * rank;
  if (raw.length < start) throw new Error(`Cannot read "${name}": it ends inside its header`);
  const view = new DataView(raw.buffer, raw.byteOffset);
  const dims = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  if (raw.length !== start + elementCount(dims)) {
    throw new Error(`Cannot read "${name}": ${raw.length - start} values ([${dims}] takes ${elementCount(dims)})`);
  }
  return { dims, data: raw.subarray(start) };
}

function unzipped(bytes: Uint8Array, name: string): Uint8Array {
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    throw new Error(`Cannot read "${name}": its gzip data is damaged`, { cause });
  }
}
