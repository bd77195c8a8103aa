// Colours weighted by their alpha, so that filters mix what is seen and not what lies under transparency; with the integer
// arithmetic of Pillow's modes "RGBA" and "RGBa".

/** RGBA bytes with each colour times its alpha. */
export function premultiplied(data: Uint8Array): Uint8Array {
  const out = data.slice();
  for (let i = 0; i < data.length; i += 4) {
    for (let c = 0; c < 3; c++) {
      const product = data[i + c] * data[i + 3] + 128;
      out[i + c] = ((product >> 8) + product) >> 8;
    }
  }
  return out;
}

/** The way back; where alpha is 0 the bytes stay as they are. */
export function unpremultiplied(data: Uint8Array): Uint8Array {
  const out = data.slice();
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3];
    if (alpha === 0 || alpha === 255) continue;
    for (let c = 0; c < 3; c++) out[i + c] = Math.min(Math.floor((255 * data[i + c]) / alpha), 255);
  }
  return out;
}
