// NumPy's .npy and .npz files, as far as statistics of pictures need them: arrays of floats.
// Format: numpy.lib.format, versions 1.0 to 3.0; .npz is a zip archive of .npy members.

import { unzipSync } from "fflate";
import type { Tensor } from "../tensor/tensor.ts";
import { elementCount } from "../tensor/tensor.ts";

/** Arrays larger than this are refused: [2048,2048] float64 is 32 MiB. */
const maxBytes = 2 ** 30;

/** The arrays of an .npz archive by name. Throws Error when the bytes are none, a member is no array of floats, or it is over 1 GiB. */
export function readNpz(bytes: Uint8Array, source: string): Map<string, Tensor<"float64">> {
  let members: Record<string, Uint8Array>;
  try {
    members = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (originalSize > maxBytes)
          throw new Error(`member "${name}" claims ${originalSize} bytes (at most ${maxBytes})`);
        return name.endsWith(".npy");
      },
    });
  } catch (cause) {
    throw new Error(`Cannot read "${source}": ${(cause as Error).message} (an .npz archive is wanted)`, { cause });
  }
  return new Map(
    Object.entries(members).map(([name, member]) => [
      name.slice(0, -".npy".length),
      readNpy(member, `${source}/${name}`),
    ]),
  );
}

/** One .npy array of float32 or float64, C order, as float64. Throws Error when the bytes are anything else. */
export function readNpy(bytes: Uint8Array, source: string): Tensor<"float64"> {
  const fail = (reason: string): never => {
    throw new Error(`Cannot read "${source}": ${reason}`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = "\u0093NUMPY";
  if (bytes.length < 12 || [...magic].some((letter, i) => bytes[i] !== letter.charCodeAt(0))) {
    fail("it does not begin as NumPy arrays do (an .npy array is wanted)");
  }
  const [headerStart, headerBytes] = bytes[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const start = headerStart + headerBytes;
  if (start > bytes.length) fail(`the header claims ${headerBytes} bytes (${bytes.length} are there)`);
  const header = new TextDecoder().decode(bytes.subarray(headerStart, start));
  const [, type] = /'descr':\s*'([^']*)'/.exec(header) ?? [];
  const [, order] = /'fortran_order':\s*(True|False)/.exec(header) ?? [];
  const [, shape] = /'shape':\s*\(([\d,\s]*)\)/.exec(header) ?? [];
  if (type === undefined || order === undefined || shape === undefined)
    fail("the header is not a dictionary of descr, fortran_order and shape");
  const width = { "<f4": 4, "<f8": 8 }[type!] ?? fail(`its elements are "${type}" (<f4 or <f8 is wanted)`);
  if (order === "True") fail("it is stored column by column (C order is wanted)");
  const dims = (shape!.match(/\d+/g) ?? []).map(Number);
  const count = elementCount(dims);
  if (!Number.isSafeInteger(count) || start + count * width !== bytes.length) {
    fail(`it has ${bytes.length - start} bytes of data (${count * width} for [${dims}] are wanted)`);
  }
  const read = width === 4 ? (at: number) => view.getFloat32(at, true) : (at: number) => view.getFloat64(at, true);
  return { dims, data: Float64Array.from({ length: count }, (_, i) => read(start + i * width)) };
}
