// Weights of ncnn, as upscalers for phones and for Vulkan come: a .param text that lists the layers, and a .bin with
// their numbers one after another. https://github.com/Tencent/ncnn/wiki/param-and-model-file-structure

import type { WritableTensor } from "../safetensors/write.ts";
import { elementCount } from "../tensor/tensor.ts";
import { own } from "./own.ts";

/** One tensor of an ncnn network: ncnn names layers, not tensors. */
export interface NcnnTensor extends WritableTensor {
  /** The layer that it belongs to, as the .param calls it. */
  readonly layer: string;
  readonly type: "F16" | "F32";
  readonly data: Uint8Array;
}

interface Layer {
  readonly type: string;
  readonly name: string;
  /** The layer's settings by their numbers in ncnn's table of operations. */
  readonly setting: (key: number, fallback?: number) => number;
}

/** One tensor in the order of the file; weights begin with a tag for their element type, others are float32. */
interface Part {
  readonly dims: readonly number[];
  readonly tagged: boolean;
}

/** Layer types and the tensors of each. */
const layerTypes: Readonly<Record<string, (layer: Layer) => readonly Part[]>> = {
  Convolution({ setting }) {
    const [out, kernel, size] = [setting(0), setting(1), setting(6)];
    const dims = [out, size / (out * kernel * setting(11, kernel)), setting(11, kernel), kernel];
    return [{ dims, tagged: true }, ...(setting(5, 0) === 1 ? [{ dims: [out], tagged: false }] : [])];
  },
  PReLU: ({ setting }) => [{ dims: [setting(0)], tagged: false }],
  ...Object.fromEntries(
    ["Input", "Split", "Concat", "Eltwise", "BinaryOp", "Interp", "PixelShuffle", "ReLU"].map((type) => [
      type,
      () => [],
    ]),
  ),
};

/** The first four bytes of weights. */
const tags: Readonly<Record<number, { readonly type: "F16" | "F32"; readonly bytes: number }>> = {
  0x01306b47: { type: "F16", bytes: 2 },
  0: { type: "F32", bytes: 4 },
};

const cannotRead = (problem: string) => new Error(`Cannot read ncnn network: ${problem}`);

/** All tensors of a network in file order, their bytes little-endian as in safetensors. Throws when the two files do not fit. */
export function readNcnn({ param, bin }: { param: string; bin: Uint8Array }): NcnnTensor[] {
  const view = new DataView(bin.buffer, bin.byteOffset, bin.byteLength);
  const tensors: NcnnTensor[] = [];
  let at = 0;
  for (const layer of readLayers(param)) {
    const parts = own(layerTypes, layer.type);
    if (parts === undefined)
      throw cannotRead(`layer "${layer.name}" is ${layer.type} (${Object.keys(layerTypes)} are known)`);
    for (const { dims, tagged } of parts(layer)) {
      if (!dims.every((dim) => Number.isSafeInteger(dim) && dim > 0)) {
        throw cannotRead(`layer "${layer.name}" would hold [${dims}] numbers`);
      }
      const tag = tagged && at + 4 <= bin.length ? view.getUint32(at, true) : 0;
      const element = tags[tag];
      if (element === undefined) {
        throw cannotRead(
          `layer "${layer.name}" has weights of tag 0x${tag.toString(16)} (float16 or float32 are wanted)`,
        );
      }
      if (tagged) at += 4;
      const length = elementCount(dims) * element.bytes;
      const data = bin.subarray(at, at + length);
      if (data.length < length) throw cannotRead(`its numbers end inside layer "${layer.name}"`);
      tensors.push({ layer: layer.name, dims, type: element.type, data });
      at += Math.ceil(length / 4) * 4;
    }
  }
  if (at !== bin.length) throw cannotRead(`its layers take ${at} bytes of numbers (${bin.length} are there)`);
  return tensors;
}

function readLayers(param: string): Layer[] {
  const lines = param.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines[0]?.trim() !== "7767517") throw cannotRead("its text does not begin with 7767517");
  const layers = lines.slice(2).map((line): Layer => {
    const [type, name, inputs, outputs, ...rest] = line.trim().split(/\s+/);
    const settings = new Map(
      rest
        .slice(Number(inputs) + Number(outputs))
        .map((pair) => pair.split("="))
        .map(([key, value]) => [Number(key), Number(value)]),
    );
    return {
      type,
      name,
      setting(key, fallback) {
        const value = settings.get(key) ?? fallback;
        if (value === undefined) throw cannotRead(`layer "${name}" has no setting ${key}`);
        return value;
      },
    };
  });
  const [count] = (lines[1] ?? "").trim().split(/\s+/).map(Number);
  if (count !== layers.length) throw cannotRead(`its text has ${layers.length} layers (${count} are announced)`);
  return layers;
}
