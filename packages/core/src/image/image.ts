// A picture of 8-bit samples on the host.

/** Pixels row by row from the top left, samples interleaved: RGB, or RGBA with straight alpha. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  /** width·height·channels values. */
  readonly data: Uint8Array;
}
