// Bytes as printable characters, so that a byte-pair vocabulary is a text file: GPT-2's table (Radford et al. 2019).
// Printable Latin-1 stands for itself; the 68 other bytes take the code points from U+0100 on.

/** The character of each byte 0 … 255. Sorted by code point they are the first 256 ids of CLIP's vocabulary. */
export const byteSymbols: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  String.fromCharCode(isPrintable(byte) ? byte : 256 + unprintableBelow(byte)),
);

/** The byte of each character of `byteSymbols`. */
export const symbolBytes: ReadonlyMap<string, number> = new Map(byteSymbols.map((symbol, byte) => [symbol, byte]));

function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
}

function unprintableBelow(byte: number): number {
  let count = 0;
  for (let other = 0; other < byte; other++) if (!isPrintable(other)) count++;
  return count;
}
