// Unpacking zlib streams of strangers: a few kilobytes can stand for gigabytes.

import { Unzlib } from "fflate";
import { concatenate } from "./concatenate.ts";

/** What `packed` unpacks to, at most `limitBytes`: one step's worth more is held at any time. Throws RangeError beyond, Error on damage. */
export function unzlib(packed: Uint8Array, { limitBytes }: { limitBytes: number }): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  const stream = new Unzlib((part) => {
    parts.push(part);
    size += part.length;
  });
  const step = 4096;
  for (let from = 0; from < packed.length || from === 0; from += step) {
    stream.push(packed.subarray(from, from + step), from + step >= packed.length);
    if (size > limitBytes) throw new RangeError(`more than ${limitBytes} bytes`);
  }
  return concatenate(parts);
}
