// Sizes that models were trained at, by family: others give doubled heads.

/** A size, and the shape it is. */
export interface SizePreset {
  readonly width: number;
  readonly height: number;
}

const of = (...sizes: readonly (readonly [number, number])[]): readonly SizePreset[] =>
  sizes.map(([width, height]) => ({ width, height }));

const presets: Readonly<Record<string, readonly SizePreset[]>> = {
  sd1: of([512, 512], [512, 768], [768, 512], [640, 448], [448, 640]),
  sd2: of([768, 768], [640, 896], [896, 640], [512, 512]),
  // The shapes of SDXL's training (arXiv 2307.01952, appendix I), those that are used most.
  sdxl: of([1024, 1024], [832, 1216], [1216, 832], [896, 1152], [1152, 896], [768, 1344], [1344, 768]),
};

/** The presets of a family; SD 1's where it is not known. */
export const sizePresets = (family: string | null | undefined): readonly SizePreset[] =>
  presets[family?.startsWith("sdxl") ? "sdxl" : (family ?? "sd1")] ?? presets.sd1;
