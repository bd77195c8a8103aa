// Five pictures of one thing, drawn here: a hazelnut with a face, which no emoji set has.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";

/** How it stands in each picture: degrees, size, place, and what is around it ("none": nothing). */
const poses = [
  { turn: 0, scale: 1, x: 0, y: 0, ground: "none" },
  { turn: -18, scale: 0.85, x: 2, y: 1, ground: "none" },
  { turn: 14, scale: 0.9, x: -2, y: 0, ground: "#bfe3ff" },
  { turn: 8, scale: 0.7, x: 4, y: 4, ground: "#ffe9b8" },
  { turn: -6, scale: 0.95, x: 0, y: -1, ground: "#d8f3d0" },
] as const;

const nut = `
  <path d="M32 12 C50 12 56 28 54 38 C52 52 40 58 32 60 C24 58 12 52 10 38 C8 28 14 12 32 12Z" fill="#b5713a"/>
  <path d="M32 12 C50 12 56 28 54 38 C48 32 40 30 32 30 C24 30 16 32 10 38 C8 28 14 12 32 12Z" fill="#7fae3c"/>
  <path d="M32 12 C31 8 33 5 37 3" fill="none" stroke="#5d7f2a" stroke-width="3" stroke-linecap="round"/>
  <circle cx="24" cy="42" r="3" fill="#2c1a0d"/><circle cx="40" cy="42" r="3" fill="#2c1a0d"/>
  <path d="M27 49 Q32 53 37 49" fill="none" stroke="#2c1a0d" stroke-width="2" stroke-linecap="round"/>`;

/** Writes the pictures to `folder`, `side` pixels wide, and says how many there are. */
export async function writeHazelnut(folder: string, side: number): Promise<number> {
  await mkdir(folder, { recursive: true });
  for (const [i, { turn, scale, x, y, ground }] of poses.entries()) {
    const move = `translate(${x} ${y}) rotate(${turn} 32 32) translate(${32 * (1 - scale)} ${32 * (1 - scale)}) scale(${scale})`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="${side}" height="${side}">
      <rect width="64" height="64" fill="${ground}"/><g transform="${move}">${nut}</g></svg>`;
    await sharp(Buffer.from(svg))
      .png()
      .toFile(join(folder, `${i}.png`));
  }
  return poses.length;
}
