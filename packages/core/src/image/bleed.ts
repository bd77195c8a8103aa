// Colours of a picture continued under its transparency, so that filters do not draw the black or white that lies there
// into the edges.

import type { Image } from "./image.ts";

/** `image` with the colour of every transparent pixel taken from the nearest ones that show; opaque pictures as they are. */
export function bleedColors(image: Image): Image {
  const { width, height, channels } = image;
  if (channels !== 4) return image;
  const data = image.data.slice();
  const known = new Uint8Array(width * height);
  let border: number[] = [];
  for (let i = 0; i < known.length; i++) known[i] = data[4 * i + 3] > 0 ? 1 : 0;
  const around = (i: number): number[] => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const near: number[] = [];
    for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
      for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) near.push(v * width + u);
    }
    return near;
  };
  for (let i = 0; i < known.length; i++) if (!known[i] && around(i).some((j) => known[j])) border.push(i);

  // Ring by ring: each pixel is the mean of the known ones around it.
  while (border.length > 0) {
    const colors = border.map((i) => {
      const near = around(i).filter((j) => known[j]);
      return [0, 1, 2].map((c) => Math.round(near.reduce((sum, j) => sum + data[4 * j + c], 0) / near.length));
    });
    border.forEach((i, n) => data.set(colors[n], 4 * i));
    for (const i of border) known[i] = 1;
    border = [...new Set(border.flatMap((i) => around(i).filter((j) => !known[j])))];
  }
  return { ...image, data };
}
