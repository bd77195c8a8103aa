// Statistics of a reference set as others publish them: pytorch-fid's and clean-fid's .npz with "mu" and "sigma".

import { readBytes } from "../image/png.ts";
import type { GaussianStatistics } from "./gaussian-statistics.ts";
import { readNpz } from "./numpy.ts";

/** The statistics in the .npz file at `path`; `count` is NaN, since the files do not say. Throws Error when they are not there or do not fit. */
export async function readStatistics(path: string): Promise<GaussianStatistics> {
  const arrays = readNpz(await readBytes(path), path);
  const [mean, covariance] = [arrays.get("mu"), arrays.get("sigma")];
  if (mean === undefined || covariance === undefined) {
    throw new Error(
      `Cannot read statistics "${path}": it has ${[...arrays.keys()].map((name) => `"${name}"`).join(", ") || "no arrays"} ("mu" and "sigma" are wanted)`,
    );
  }
  const width = mean.data.length;
  if (covariance.dims.length !== 2 || covariance.dims.some((dim) => dim !== width)) {
    throw new Error(
      `Cannot read statistics "${path}": "sigma" is [${covariance.dims}] ([${width},${width}] is wanted)`,
    );
  }
  return { count: Number.NaN, mean: mean.data, covariance: covariance.data };
}
