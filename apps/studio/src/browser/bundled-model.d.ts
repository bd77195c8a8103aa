// What the build says of the bundled model (bundled-model.ts beside vite.config.ts).

declare module "virtual:bundled-model" {
  /** What it is called. */
  export const name: string;
  /** Whether its weights are random: a checkout without the trained model. */
  export const isPractice: boolean;
  /** ONNX Runtime's WebAssembly. */
  export const runtime: { readonly url: string; readonly sizeBytes: number };
  /** The model's files, by their paths in its folder. */
  export const files: readonly { readonly path: string; readonly url: string; readonly sizeBytes: number }[];
}
