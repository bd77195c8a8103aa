// Drawings moved, turned, made smaller and laid over one another: what augmentation and composed scenes need. Colours are
// mixed as they are stored (plain sRGB), as browsers and most programs mix them.

import { withChannels } from "../../image/channels.ts";
import { overGround } from "../../image/over-ground.ts";
import type { Colour } from "./colours.ts";
import { stickerSize } from "./render.ts";

/** Where and how a drawing is put on the canvas. */
export interface Placement {
  /** Centre in pixels; the canvas' own is (32, 32). */
  readonly x: number;
  readonly y: number;
  /** 1 keeps its size. */
  readonly scale: number;
  /** Clockwise. */
  readonly degrees?: number;
  readonly isFlipped?: boolean;
}

/** One drawing on the canvas. */
export interface Placed extends Placement {
  /** RGBA [64·64·4]. */
  readonly rgba: Uint8Array;
}

/** The drawings over one another, the last on top, on nothing: RGBA [64·64·4]. */
export function paint(items: readonly Placed[]): Uint8Array {
  const canvas = new Float32Array(stickerSize * stickerSize * 4); // premultiplied, 0 … 255
  for (const item of items) {
    let source = premultiplied(item.rgba);
    let size = stickerSize;
    // Bilinear samples see 2 × 2 pixels: a much smaller drawing is halved first, or details would be skipped.
    for (let scale = item.scale; scale <= 0.75; scale *= 2) {
      source = halved(source, size);
      size /= 2;
    }
    over(canvas, source, { ...item, size });
  }
  return straight(canvas);
}

/** `rgba` on a ground of one colour, as RGBA without transparency. */
export function onGround(rgba: Uint8Array, ground: Colour["rgb"]): Uint8Array {
  const row = { width: rgba.length / 4, height: 1, channels: 4, data: rgba } as const;
  return withChannels(overGround(row, ground), 4).data;
}

function premultiplied(rgba: Uint8Array): Float32Array {
  const out = new Float32Array(rgba.length);
  for (let i = 0; i < rgba.length; i += 4) {
    const alpha = rgba[i + 3] / 255;
    out[i] = rgba[i] * alpha;
    out[i + 1] = rgba[i + 1] * alpha;
    out[i + 2] = rgba[i + 2] * alpha;
    out[i + 3] = rgba[i + 3];
  }
  return out;
}

function straight(canvas: Float32Array): Uint8Array {
  const out = new Uint8Array(canvas.length);
  for (let i = 0; i < canvas.length; i += 4) {
    const alpha = Math.round(canvas[i + 3]);
    if (alpha === 0) continue;
    const scale = 255 / canvas[i + 3];
    out[i] = Math.min(255, canvas[i] * scale + 0.5);
    out[i + 1] = Math.min(255, canvas[i + 1] * scale + 0.5);
    out[i + 2] = Math.min(255, canvas[i + 2] * scale + 0.5);
    out[i + 3] = Math.min(255, alpha);
  }
  return out;
}

/** Each pixel the mean of 2 × 2. */
function halved(source: Float32Array, size: number): Float32Array {
  const half = size / 2;
  const out = new Float32Array(half * half * 4);
  for (let y = 0; y < half; y++) {
    for (let x = 0; x < half; x++) {
      const from = (2 * y * size + 2 * x) * 4;
      for (let c = 0; c < 4; c++) {
        const sum =
          source[from + c] + source[from + 4 + c] + source[from + 4 * size + c] + source[from + 4 * size + 4 + c];
        out[(y * half + x) * 4 + c] = sum / 4;
      }
    }
  }
  return out;
}

/** Lays `source` over `canvas`: for each pixel of the canvas, where in the drawing it lies, read bilinearly. */
function over(
  canvas: Float32Array,
  source: Float32Array,
  { x, y, scale, degrees = 0, isFlipped = false, size }: Placement & { readonly size: number },
): void {
  const factor = size / stickerSize / scale; // pixels of the drawing per pixel of the canvas
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle) * factor, Math.sin(angle) * factor];
  const mirror = isFlipped ? -1 : 1;
  const reach = (stickerSize / 2) * scale * (Math.abs(Math.cos(angle)) + Math.abs(Math.sin(angle))) + 1;
  const top = Math.max(0, Math.floor(y - reach));
  const bottom = Math.min(stickerSize, Math.ceil(y + reach));
  const left = Math.max(0, Math.floor(x - reach));
  const right = Math.min(stickerSize, Math.ceil(x + reach));
  const middle = size / 2 - 0.5;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const dx = column + 0.5 - x;
      const dy = row + 0.5 - y;
      const u = mirror * (cos * dx + sin * dy) + middle;
      const v = cos * dy - sin * dx + middle;
      const u0 = Math.floor(u);
      const v0 = Math.floor(v);
      if (u0 < -1 || v0 < -1 || u0 >= size || v0 >= size) continue;
      let r = 0;
      let g = 0;
      let b = 0;
      let a = 0;
      for (let tap = 0; tap < 4; tap++) {
        const su = u0 + (tap & 1);
        const sv = v0 + (tap >> 1);
        if (su < 0 || sv < 0 || su >= size || sv >= size) continue;
        const from = (sv * size + su) * 4;
        if (source[from + 3] === 0) continue;
        const weight = (tap & 1 ? u - u0 : 1 - u + u0) * (tap >> 1 ? v - v0 : 1 - v + v0);
        r += weight * source[from];
        g += weight * source[from + 1];
        b += weight * source[from + 2];
        a += weight * source[from + 3];
      }
      if (a === 0) continue;
      const to = (row * stickerSize + column) * 4;
      const rest = 1 - a / 255;
      canvas[to] = r + canvas[to] * rest;
      canvas[to + 1] = g + canvas[to + 1] * rest;
      canvas[to + 2] = b + canvas[to + 2] * rest;
      canvas[to + 3] = a + canvas[to + 3] * rest;
    }
  }
}
