// 16-bit floats to and from float32: IEEE binary16 (1 sign, 5 exponent, 10 fraction bits) and bfloat16 (the upper half of
// a float32). Widening is exact; narrowing rounds to nearest, ties to even, as torch's `.half()` and `.bfloat16()` do.
// Bit patterns travel in Uint16Arrays, and NaNs are moved as bits so that their payload survives.

/** The float32 values of binary16 bit patterns; exact, NaN payloads kept. */
export function float16ToFloat32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(bits.length);
  widened ??= Uint32Array.from({ length: 0x10000 }, (_, half) => widen(half));
  for (let i = 0; i < bits.length; i++) words[i] = widened[bits[i]];
  return new Float32Array(words.buffer);
}

/** The binary16 bit patterns nearest to float32 values, ties to even; beyond ±65504 (rounded) becomes ±infinity. */
export function float32ToFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = wordsOf(values);
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < words.length; i++) {
    const sign = (words[i] >>> 16) & 0x8000;
    const magnitude = words[i] & 0x7fffffff;
    bits[i] = sign | narrow(magnitude, values[i]);
  }
  return bits;
}

/** The float32 values of bfloat16 bit patterns; exact, NaN payloads kept. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i] << 16;
  return new Float32Array(words.buffer);
}

/** The bfloat16 bit patterns nearest to float32 values, ties to even. */
export function float32ToBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = wordsOf(values);
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < words.length; i++) {
    const upper = words[i] >>> 16;
    const isNaN = (words[i] & 0x7fffffff) > 0x7f800000;
    // Half an ulp less one, plus the lowest kept bit: a tie carries only when that bit is odd.
    bits[i] = isNaN ? upper | 0x40 : (words[i] + 0x7fff + (upper & 1)) >>> 16;
  }
  return bits;
}

/** float32 bits of every binary16 pattern, made on first use (256 KiB). */
let widened: Uint32Array | undefined;

function widen(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f800000 | (fraction << 13)) >>> 0;
  if (exponent > 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0; // bias 15 → 127
  if (fraction === 0) return sign >>> 0;
  // Subnormal: fraction · 2⁻²⁴ = 1.f · 2^(highest − 24), a normal float32.
  const highest = 31 - Math.clz32(fraction);
  return (sign | ((highest - 24 + 127) << 23) | ((fraction << (23 - highest)) & 0x7fffff)) >>> 0;
}

/** binary16 bits of |value|, whose float32 bits are `magnitude`. */
function narrow(magnitude: number, value: number): number {
  if (magnitude > 0x7f800000) return 0x7e00 | ((magnitude >>> 13) & 0x3ff); // NaN, made quiet
  if (magnitude >= 0x47800000) return 0x7c00; // ≥ 2¹⁶
  // Below 2⁻¹⁴ the result counts units of 2⁻²⁴; dividing by that power of two is exact.
  if (magnitude < 0x38800000) return roundTiesToEven(Math.abs(value) * 2 ** 24);
  // Bias 127 → 15 is −112·2²³; the rounding carry may run into the exponent, up to infinity.
  return (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
}

/** Nearest integer of 0 ≤ x < 2⁵¹, ties to even: float64 has no fraction bits left beside 2⁵². */
function roundTiesToEven(x: number): number {
  return x + 2 ** 52 - 2 ** 52;
}

function wordsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}
