// Nearly equal pictures of a data set: those that differ little pixel by pixel, and those whose perceptual hashes agree and
// that do not differ much otherwise (the hash alone takes all plain pictures for one).

import { decodeImage } from "#platform";
import { fitImage } from "./load-image.ts";
import type { Thumbnail } from "./near-duplicates.ts";
import { nearPairs, rms } from "./near-duplicates.ts";
import type { PerceptualHash } from "./perceptual-hash.ts";
import { closePairs, differenceHash } from "./perceptual-hash.ts";
import type { ExampleRecord } from "./record.ts";

/** When two pictures are nearly equal. */
export interface DedupeOptions {
  /** RMS of their differences at 32 px, of 1, below which they are. */
  readonly rms?: number;
  /** Bits of 64 in which their hashes may differ; −1 leaves hashes aside. */
  readonly distance?: number;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** RMS up to which agreeing hashes are believed. */
const believedRms = 0.15;
const thumbnailSide = 32;

/** Why each record is dropped, undefined for those kept: the first of nearly equal ones is. */
export async function findDuplicates(
  records: readonly ExampleRecord[],
  { rms: threshold = 0.02, distance = 3, onProgress }: DedupeOptions = {},
): Promise<(string | undefined)[]> {
  const reasons: (string | undefined)[] = records.map(() => undefined);
  const readable: number[] = [];
  const thumbnails: Thumbnail[] = [];
  const hashes: PerceptualHash[] = [];
  for (const [i, record] of records.entries()) {
    try {
      const image = await decodeImage(await record.bytes());
      const size = { width: thumbnailSide, height: thumbnailSide };
      const { data } = await fitImage(image, { ...size, fit: "stretch" });
      thumbnails.push(Float32Array.from(data, (byte) => byte / 255));
      hashes.push(await differenceHash(image));
      readable.push(i);
    } catch (error) {
      reasons[i] = (error as Error).message.split("\n")[0];
    }
    onProgress?.({ done: i + 1, total: records.length });
  }
  const alike = new Map<number, number[]>();
  const add = ([a, b]: readonly [number, number]) => alike.set(b, [...(alike.get(b) ?? []), a]);
  for (const pair of nearPairs(thumbnails, threshold)) add(pair);
  if (distance >= 0) {
    for (const [a, b] of closePairs(hashes, distance)) if (rms(thumbnails[a], thumbnails[b]) < believedRms) add([a, b]);
  }
  readable.forEach((record, i) => {
    const original = (alike.get(i) ?? []).toSorted((a, b) => a - b).find((a) => reasons[readable[a]] === undefined);
    if (original !== undefined) reasons[record] = `like "${records[readable[original]].id}"`;
  });
  return reasons;
}
