// LoHa: ΔW = alpha/rank · (w1a·w1b) ⊙ (w2a·w2b). Hyeon-Woo et al. 2021 (FedPara), arXiv:2108.06098. With cores t1, t2
// (Tucker, for convolutions) each factor is Σ t[p,q,k]·wa[p,out]·wb[q,in].

import type { Tensor } from "../../tensor/tensor.ts";
import { axes, scaleOf, shapeText } from "./form.ts";
import type { FreeFormType } from "./form.ts";
import { product, tucker } from "./product.ts";

/** One factor: a [out, rank], b [rank, in·k·k], or with a core [rank, rank, k, k]: a [rank, out], b [rank, in]. */
interface Factor {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly core?: Tensor;
}

/** Two low-rank factors that are multiplied element by element. */
export interface LohaForm {
  readonly kind: "loha";
  readonly factors: readonly [Factor, Factor];
  readonly scale: number;
}

const names = [
  ["w1a", "w1b", "t1"],
  ["w2a", "w2b", "t2"],
] as const;

/** LyCORIS' LoHa. */
export const loha: FreeFormType<LohaForm> = {
  is: (fields) => names.every(([a, b]) => fields.has(`hada.${a}`) && fields.has(`hada.${b}`)),
  fields: [...names.flat().map((name) => `hada.${name}`), "alpha"],
  rank: (dims) => dims.get("hada.w1b")![0],
  problem(dims, base) {
    const { out, into, inner } = axes(base);
    for (const [aName, bName, coreName] of names) {
      const [a, b, core] = [aName, bName, coreName].map((name) => dims.get(`hada.${name}`));
      const columns = core === undefined ? into * inner : into;
      const [first, second] = core === undefined ? [out, b![0]] : [core[0], out];
      const fits =
        a!.length === 2 &&
        b!.length === 2 &&
        a![0] === first &&
        a![1] === second &&
        b![1] === columns &&
        b![0] > 0 &&
        (core === undefined || (core[1] === b![0] && axes(core).inner === inner));
      if (!fits)
        return `${aName} ${shapeText(a)}, ${bName} ${shapeText(b)}${core ? `, ${coreName} ${shapeText(core)}` : ""}`;
    }
    return undefined;
  },
  read(values, scale) {
    const factor = ([a, b, core]: readonly string[]): Factor => ({
      a: values.get(`hada.${a}`)!,
      b: values.get(`hada.${b}`)!,
      core: values.get(`hada.${core}`),
    });
    const rank = values.get("hada.w1b")!.dims[0];
    return { kind: "loha", factors: [factor(names[0]), factor(names[1])], scale: scaleOf(values, rank, scale) };
  },
  change({ factors, scale }, dims) {
    const { out, into, inner } = axes(dims);
    const [first, second] = factors.map(({ a, b, core }) =>
      core === undefined
        ? product(a.data, b.data, { rows: out, inner: b.dims[0], columns: into * inner })
        : tucker(core, { left: a.data, right: b.data, out, into }),
    );
    return first.map((value, i) => value * second[i] * scale);
  },
  delta: (form, base) => loha.change(form, base.dims),
};
