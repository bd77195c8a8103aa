// The colours that captions name, and pictures painted in them.

/** A colour and its words. */
export interface Colour {
  readonly name: string;
  readonly zh: string;
  /** As it stands before a noun. */
  readonly ja: string;
  readonly rgb: readonly [number, number, number];
  /** Degrees to which drawings are turned that shall have this colour; without it, only grounds and tints have it. */
  readonly hue?: number;
}

/** Twelve plain colours. */
export const colours: readonly Colour[] = [
  { name: "white", zh: "白色", ja: "白い", rgb: [255, 255, 255] },
  { name: "black", zh: "黑色", ja: "黒い", rgb: [20, 20, 20] },
  { name: "grey", zh: "灰色", ja: "灰色の", rgb: [140, 140, 140] },
  { name: "red", zh: "红色", ja: "赤い", rgb: [224, 48, 48], hue: 0 },
  { name: "orange", zh: "橙色", ja: "オレンジ色の", rgb: [245, 145, 35], hue: 28 },
  { name: "yellow", zh: "黄色", ja: "黄色い", rgb: [250, 215, 55], hue: 50 },
  { name: "green", zh: "绿色", ja: "緑の", rgb: [60, 165, 75], hue: 125 },
  { name: "light blue", zh: "浅蓝色", ja: "水色の", rgb: [135, 205, 240] },
  { name: "blue", zh: "蓝色", ja: "青い", rgb: [45, 95, 215], hue: 220 },
  { name: "purple", zh: "紫色", ja: "紫の", rgb: [130, 70, 185], hue: 275 },
  { name: "pink", zh: "粉色", ja: "ピンクの", rgb: [245, 150, 190], hue: 330 },
  { name: "brown", zh: "棕色", ja: "茶色の", rgb: [125, 85, 55] },
];

/** The one hue of a drawing. */
export interface MainHue {
  /** Degrees. */
  readonly hue: number;
  /** HSV value of its pixels, on average: below about 0.7 orange is brown and yellow is olive. */
  readonly value: number;
}

const windowDegrees = 25;

/** The hue that nearly all coloured pixels of `rgba` share; undefined when there is none, or little is coloured. */
export function mainHue(rgba: Uint8Array): MainHue | undefined {
  const histogram = new Float64Array(360);
  const values = new Float64Array(360);
  let visible = 0;
  let coloured = 0;
  for (let i = 0; i < rgba.length; i += 4) {
    if (rgba[i + 3] < 128) continue;
    visible++;
    const { hue, saturation, value } = toHsv(rgba, i);
    if (saturation < 0.25 || value < 0.2) continue;
    coloured++;
    histogram[Math.floor(hue) % 360]++;
    values[Math.floor(hue) % 360] += value;
  }
  if (coloured < 0.4 * visible || coloured === 0) return undefined;
  const within = (centre: number, bins: Float64Array) => {
    let sum = 0;
    for (let d = -windowDegrees; d <= windowDegrees; d++) sum += bins[(centre + d + 360) % 360];
    return sum;
  };
  let best = 0;
  for (let centre = 1; centre < 360; centre++) if (within(centre, histogram) > within(best, histogram)) best = centre;
  const share = within(best, histogram);
  if (share < 0.8 * coloured) return undefined;
  let offset = 0;
  for (let d = -windowDegrees; d <= windowDegrees; d++) offset += d * histogram[(best + d + 360) % 360];
  return { hue: (best + offset / share + 360) % 360, value: within(best, values) / share };
}

/** Distance of two hues on the circle, in degrees. */
export const hueDistance = (a: number, b: number): number => Math.abs(((a - b + 540) % 360) - 180);

/** `rgba` with every hue turned by `degrees` and every saturation times `saturation`. */
export function turnHue(rgba: Uint8Array, degrees: number, saturation = 1): Uint8Array {
  const out = rgba.slice();
  for (let i = 0; i < out.length; i += 4) {
    if (out[i + 3] === 0) continue;
    const hsv = toHsv(rgba, i);
    const s = hsv.saturation * saturation;
    // f(n) = v − v·s·max(0, min(k, 4−k, 1)), k = (n + h/60) mod 6, for n = 5, 3, 1
    const h = (hsv.hue + degrees + 360) / 60;
    for (let c = 0; c < 3; c++) {
      const k = (5 - 2 * c + h) % 6;
      out[i + c] = Math.round(255 * hsv.value * (1 - s * Math.max(0, Math.min(k, 4 - k, 1))));
    }
  }
  return out;
}

/** A drawing of black on nothing, in a colour. */
export function tint(rgba: Uint8Array, { rgb }: Colour): Uint8Array {
  const out = rgba.slice();
  for (let i = 0; i < out.length; i += 4) {
    if (out[i + 3] === 0) continue;
    // Black takes the colour, white stays.
    for (let c = 0; c < 3; c++) out[i + c] = rgb[c] + Math.round((rgba[i + c] * (255 - rgb[c])) / 255);
  }
  return out;
}

function toHsv(rgba: Uint8Array, i: number): { hue: number; saturation: number; value: number } {
  const [r, g, b] = [rgba[i], rgba[i + 1], rgba[i + 2]];
  const max = Math.max(r, g, b);
  const range = max - Math.min(r, g, b);
  if (range === 0) return { hue: 0, saturation: 0, value: max / 255 };
  const sector = max === r ? (g - b) / range : max === g ? 2 + (b - r) / range : 4 + (r - g) / range;
  return { hue: (sector * 60 + 360) % 360, saturation: range / max, value: max / 255 };
}
