// The files that LPIPS comes in: torchvision's VGG16, and the `lpips` package's heads (vgg.pth) or whole state.

import type { StoredTensors } from "../../tensor/stored.ts";

/** First place of each slice in torchvision's `features`; what comes after the last is not used. */
const sliceStarts = [0, 4, 9, 16, 23, 30];

/** The name in models/lpips.ts of a tensor of any of these files; undefined for what LPIPS does not use. */
export function lpipsName(name: string): string | undefined {
  if (/^(net\.slice\d\.\d+|lin\d\.model\.1)\./.test(name)) return name;
  const [, place, kind] = /^features\.(\d+)\.(weight|bias)$/.exec(name) ?? [];
  if (place === undefined) return undefined;
  const slice = sliceStarts.filter((start) => start <= Number(place)).length;
  return slice < sliceStarts.length ? `net.slice${slice}.${place}.${kind}` : undefined;
}

/** The tensors of `files` together, such as VGG16's and the heads', under the names of models/lpips.ts. */
export function lpipsTensors(...files: readonly StoredTensors[]): StoredTensors {
  return new Map(
    files.flatMap((file) =>
      [...file].flatMap(([name, tensor]) => {
        const own = lpipsName(name);
        return own === undefined ? [] : [[own, tensor] as const];
      }),
    ),
  );
}
