// How hypernetworks begin, as AUTOMATIC1111's do: by the name its files give. Biases are 0, normalizations N(0, 0.01²) too.

import type { InitializationRule, Initializer } from "./initialize.ts";
import { fanIn, filled, normal, uniform } from "./initialize.ts";

const both = (dims: readonly number[]): number => dims[0] + dims[1];

/** Weights [out,in] by name; Glorot and Bengio 2010, and He et al. (arXiv 1502.01852) for rectifiers. */
export const hypernetworkInitializations = {
  normal: { file: "Normal", draw: normal(0.01) },
  xavierUniform: { file: "XavierUniform", draw: (g, n, dims) => uniform(Math.sqrt(6 / both(dims)))(g, n, dims) },
  xavierNormal: { file: "XavierNormal", draw: (g, n, dims) => normal(Math.sqrt(2 / both(dims)))(g, n, dims) },
  kaimingUniform: { file: "KaimingUniform", draw: (g, n, dims) => uniform(Math.sqrt(6 / fanIn(dims)))(g, n, dims) },
  kaimingNormal: { file: "KaimingNormal", draw: (g, n, dims) => normal(Math.sqrt(2 / fanIn(dims)))(g, n, dims) },
} satisfies Record<string, { readonly file: string; readonly draw: Initializer }>;

/** One of their names. */
export type HypernetworkInitialization = keyof typeof hypernetworkInitializations;

/** The rules of an initialization. */
export const hypernetworkRules = (initialization: HypernetworkInitialization): readonly InitializationRule[] => [
  { matches: (name) => name.endsWith(".bias"), draw: filled(0) },
  { matches: (_, dims) => dims.length === 2, draw: hypernetworkInitializations[initialization].draw },
  // torch's slope of a PReLU.
  { matches: (_, dims) => dims[0] === 1, draw: filled(0.25) },
  { matches: () => true, draw: normal(0.01) },
];
