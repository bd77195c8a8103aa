import { describe, expect, it } from "vitest";
import { elementCount, tensor } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { TorchGenerator } from "../../util/rng/torch-generator.ts";
import { cayley } from "./cayley.ts";
import { deltaOf, formOf, forms, lowRankFactors } from "./index.ts";
import type { Form, FormKind } from "./index.ts";
import type { FormType } from "./form.ts";
import { cutToRank } from "./lora.ts";

/** Values of a field that differ from field to field. */
const random = (dims: readonly number[], seed: number): Tensor =>
  tensor(dims, new TorchGenerator(seed).randn(elementCount(dims)));
const at = ({ dims, data }: Tensor, ...index: number[]) =>
  data[index.reduce((offset, i, axis) => offset * dims[axis] + i, 0)];

/** The form that tensors of these fields and dimensions make, and they themselves. */
function made(fields: Record<string, readonly number[] | Tensor>): { form: Form; values: Map<string, Tensor> } {
  const values = new Map(
    Object.entries(fields).map(([field, own], i) => [field, "dims" in own ? own : random(own, 10 + i)]),
  );
  const dims = new Map([...values].map(([field, own]) => [field, own.dims]));
  return { form: (forms[formOf(dims)!] as FormType<Form>).read(values), values };
}

/** ΔW [out, in, inner] as a formula gives it. */
function expected(dims: readonly number[], value: (o: number, i: number, k: number) => number): number[] {
  const [out, into, ...kernel] = dims;
  const inner = kernel.reduce((all, dim) => all * dim, 1);
  return Array.from({ length: out * into * inner }, (_, n) =>
    value(Math.floor(n / (into * inner)), Math.floor(n / inner) % into, n % inner),
  );
}

const sum = (count: number, term: (n: number) => number) =>
  Array.from({ length: count }, (_, n) => term(n)).reduce((all, one) => all + one, 0);

function expectClose(actual: ArrayLike<number>, wanted: ArrayLike<number>): void {
  expect(actual.length).toBe(wanted.length);
  const scale = Math.max(...Array.from(wanted, Math.abs));
  // Float32 values in, one rounding out.
  for (let n = 0; n < wanted.length; n++) expect(Math.abs(actual[n] - wanted[n]) / scale).toBeLessThan(1e-6);
}

const alpha = (value: number) => tensor([], Float32Array.of(value));
const base = random([6, 4], 1);
const convolution = random([6, 4, 3, 3], 2);

describe("lora", () => {
  it("deltaOf() is alpha/rank · up·down when the module is linear", () => {
    const { form, values } = made({ down: [2, 4], up: [6, 2], alpha: alpha(3) });
    const [down, up] = ["down", "up"].map((field) => values.get(field)!);
    expectClose(
      deltaOf(form, base),
      expected([6, 4], (o, i) => 1.5 * sum(2, (r) => at(up, o, r) * at(down, r, i))),
    );
  });

  it("deltaOf() has the scale 1 when there is no alpha, and the configuration's when there is one", () => {
    const values = made({ down: [2, 4], up: [6, 2] }).values;
    expect(forms.lora.read(values).scale).toBe(1);
    expect(forms.lora.read(values, 0.25).scale).toBe(0.25);
    expect(forms.lora.read(new Map([...values, ["alpha", alpha(1)]]), 0.25).scale).toBe(0.5);
  });

  it("deltaOf() of a convolution with a middle factor is Σ up·mid·down", () => {
    const { form, values } = made({ down: [3, 4, 1, 1], up: [6, 3, 1, 1], mid: [3, 3, 3, 3] });
    const [down, up, mid] = ["down", "up", "mid"].map((field) => values.get(field)!);
    const wanted = expected([6, 4, 9], (o, i, k) =>
      sum(3, (p) => sum(3, (q) => at(up, o, p, 0, 0) * mid.data[(p * 3 + q) * 9 + k] * at(down, q, i, 0, 0))),
    );
    expectClose(deltaOf(form, convolution), wanted);
  });

  it("lowRankFactors() folds the middle factor into down", () => {
    const { form } = made({ down: [3, 4, 1, 1], up: [6, 3, 1, 1], mid: [3, 3, 3, 3], alpha: alpha(1) });
    const { down, up, scale } = lowRankFactors(form)!;
    expect(down.dims).toEqual([3, 4, 3, 3]);
    expectClose(deltaOf({ kind: "lora", down, up, scale }, convolution), deltaOf(form, convolution));
  });

  it("cutToRank() keeps the first components when a dynamic LoRA is cut", () => {
    const { form, values } = made({ down: [4, 4], up: [6, 4] });
    const [down, up] = ["down", "up"].map((field) => values.get(field)!);
    if (form.kind !== "lora") throw new TypeError(form.kind);
    const wanted = expected([6, 4], (o, i) => sum(2, (r) => at(up, o, r) * at(down, r, i)));
    expectClose(deltaOf(cutToRank(form, 2), base), wanted);
    expect(cutToRank(form, 9)).toBe(form);
  });

  it("deltaOf() fits a 1×1 convolution when the factors are matrices", () => {
    const { form } = made({ down: [2, 4], up: [6, 2] });
    expectClose(deltaOf(form, tensor([6, 4, 1, 1], base.data)), deltaOf(form, base));
  });
});

describe("loha", () => {
  it("deltaOf() is the product of two low-rank matrices, element by element", () => {
    const fields = {
      "hada.w1a": [6, 2],
      "hada.w1b": [2, 36],
      "hada.w2a": [6, 2],
      "hada.w2b": [2, 36],
      alpha: alpha(1),
    };
    const { form, values } = made(fields);
    const [a1, b1, a2, b2] = Object.keys(fields).map((field) => values.get(field)!);
    const factor = (a: Tensor, b: Tensor, o: number, c: number) => sum(2, (r) => at(a, o, r) * at(b, r, c));
    const wanted = expected([6, 36], (o, c) => 0.5 * factor(a1, b1, o, c) * factor(a2, b2, o, c));
    expectClose(deltaOf(form, convolution), wanted);
  });
});

describe("lokr", () => {
  it("deltaOf() is Kronecker's product of its factors", () => {
    const { form, values } = made({ "lokr.w1": [2, 2], "lokr.w2": [3, 2, 3, 3], alpha: alpha(7) });
    const [w1, w2] = ["lokr.w1", "lokr.w2"].map((field) => values.get(field)!);
    // Both are whole: alpha does not count.
    const wanted = expected([6, 4, 9], (o, i, k) => {
      const [o1, o2, i1, i2] = [Math.floor(o / 3), o % 3, Math.floor(i / 2), i % 2];
      return at(w1, o1, i1) * w2.data[(o2 * 2 + i2) * 9 + k];
    });
    expectClose(deltaOf(form, convolution), wanted);
  });

  it("deltaOf() multiplies factors and core out when they are stored in parts", () => {
    const parts = {
      "lokr.w1a": [2, 1],
      "lokr.w1b": [1, 2],
      "lokr.w2a": [2, 3],
      "lokr.w2b": [2, 2],
      "lokr.t2": [2, 2, 3, 3],
    };
    const { form, values } = made({ ...parts, alpha: alpha(1) });
    const [a1, b1, a2, b2, core] = Object.keys(parts).map((field) => values.get(field)!);
    const w2 = (o: number, i: number, k: number) =>
      sum(2, (p) => sum(2, (q) => core.data[(p * 2 + q) * 9 + k] * at(a2, p, o) * at(b2, q, i)));
    const wanted = expected([6, 4, 9], (o, i, k) => {
      const [o1, o2, i1, i2] = [Math.floor(o / 3), o % 3, Math.floor(i / 2), i % 2];
      return 0.5 * at(a1, o1, 0) * at(b1, 0, i1) * w2(o2, i2, k);
    });
    expectClose(deltaOf(form, convolution), wanted);
  });
});

describe("dora", () => {
  it.each([
    ["input", { magnitude: [1, 4, 1, 1] }, (n: number) => Math.floor(n / 9) % 4],
    ["output", { magnitude: [6, 1, 1, 1] }, (n: number) => Math.floor(n / 36)],
    ["output, by PEFT,", { outputMagnitude: [1, 6, 1, 1] }, (n: number) => Math.floor(n / 36)],
  ])("deltaOf() gives every %s channel the length that is stored", (_, magnitude, channel) => {
    const { form, values } = made({ down: [2, 4, 3, 3], up: [6, 2, 1, 1], ...magnitude });
    const changed = deltaOf(form, convolution).map((value, n) => value + convolution.data[n]);
    const lengths = [...values.get(Object.keys(magnitude)[0])!.data];
    const squares = lengths.map(() => 0);
    changed.forEach((value, n) => (squares[channel(n)] += value ** 2));
    expectClose(squares.map(Math.sqrt), lengths.map(Math.abs));
    // … and the direction of W + up·down.
    const { form: plain } = made({ down: values.get("down")!, up: values.get("up")! });
    const direction = deltaOf(plain, convolution).map((value, n) => value + convolution.data[n]);
    const ratios = [...changed].map((value, n) => value / direction[n]);
    ratios.forEach((ratio, n) =>
      expect(ratio).toBeCloseTo(ratios[ratios.findIndex((_, m) => channel(m) === channel(n))], 4),
    );
  });
});

describe("glora", () => {
  it("deltaOf() is W·A + B when factors stand as LyCORIS writes them", () => {
    const { form, values } = made({ a1: [4, 2], a2: [2, 4], b1: [6, 2], b2: [2, 4, 3, 3], alpha: alpha(1) });
    const [a1, a2, b1, b2] = ["a1", "a2", "b1", "b2"].map((field) => values.get(field)!);
    const a = (i: number, j: number) => sum(2, (r) => at(a1, i, r) * at(a2, r, j));
    const wanted = expected([6, 4, 9], (o, j, k) => {
      const changed = sum(4, (i) => convolution.data[(o * 4 + i) * 9 + k] * a(i, j));
      return 0.5 * (changed + sum(2, (r) => at(b1, o, r) * b2.data[(r * 4 + j) * 9 + k]));
    });
    expectClose(deltaOf(form, convolution), wanted);
  });

  it("deltaOf() is the same when the factors stand the other way round, as its first files had them", () => {
    const { form, values } = made({ a1: [4, 2], a2: [2, 4], b1: [6, 2], b2: [2, 4] });
    const [a1, a2, b1, b2] = ["a1", "a2", "b1", "b2"].map((field) => values.get(field)!);
    expectClose(deltaOf(made({ a1: a2, a2: a1, b1: b2, b2: b1 }).form, base), deltaOf(form, base));
  });
});

describe("oft", () => {
  const gram = (data: ArrayLike<number>, out: number, into: number) =>
    expected([into, into], (i, j) => sum(out, (o) => data[o * into + i] * data[o * into + j]));

  it("cayley() turns by twice the angle whose tangent Q holds", () => {
    const q = 0.3;
    const [cos, sin] = [(1 - q * q) / (1 + q * q), (2 * q) / (1 + q * q)];
    expectClose(cayley(Float32Array.of(0, q, 0, 0), { size: 2 }), [cos, sin, -sin, cos]);
  });

  it("cayley() shortens Q to the constraint, over all blocks", () => {
    const blocks = Float32Array.of(0, 3, 0, 0, 0, 4, 0, 0); // ‖Q‖ = √(2·25)
    const constraint = Math.sqrt(50) / 10;
    expectClose(
      cayley(blocks, { size: 2, constraint }),
      cayley(
        blocks.map((value) => value / 10),
        { size: 2 },
      ),
    );
    expect(cayley(blocks, { size: 2, constraint: 100 })).toEqual(cayley(blocks, { size: 2 }));
  });

  it("deltaOf() is Rᵀ·W − W with blocks on R's diagonal", () => {
    const { form, values } = made({ "oft.blocks": [3, 2, 2] });
    const rotations = cayley(values.get("oft.blocks")!.data, { size: 2 });
    const wanted = expected([6, 4], (o, i) => {
      const block = Math.floor(o / 2);
      return sum(2, (n) => rotations[block * 4 + n * 2 + (o % 2)] * at(base, block * 2 + n, i)) - at(base, o, i);
    });
    expectClose(deltaOf(form, base), wanted);
  });

  it.each([
    ["OFT", { "oft.blocks": [2, 3, 3] }],
    ["constrained OFT", { "oft.blocks": [2, 3, 3], alpha: alpha(0.01) }],
    ["BOFT", { "oft.blocks": [2, 4, 2, 2] }],
    ["BOFT of three stages", { "oft.blocks": [3, 4, 2, 2] }],
  ])("deltaOf() of %s keeps lengths and angles of W's columns", (_, fields) => {
    const { form } = made(fields);
    const out = fields["oft.blocks"].at(-3)! * fields["oft.blocks"].at(-1)!;
    const weight = random([out, 4], 3);
    const changed = deltaOf(form, weight).map((value, n) => value + weight.data[n]);
    expectClose(gram(changed, out, 4), gram(weight.data, out, 4));
    expect(Math.max(...deltaOf(form, weight).map(Math.abs))).toBeGreaterThan(1e-3);
  });

  it("deltaOf() of BOFT lets every output reach every other when the stages are enough", () => {
    const { form } = made({ "oft.blocks": [3, 4, 2, 2] }); // 2³ outputs
    for (let o = 0; o < 8; o++) {
      const unit = tensor(
        [8, 1],
        Float32Array.from({ length: 8 }, (_, n) => Number(n === o)),
      );
      const column = deltaOf(form, unit).map((value, n) => value + unit.data[n]);
      expect(Math.min(...column.map(Math.abs))).toBeGreaterThan(1e-6);
    }
  });

  it("deltaOf() of BOFT turns pairs of outputs that stand 2ⁱ·n/2 apart in stage i", () => {
    const blocks = tensor([2, 4, 2, 2]);
    const q = 0.3;
    blocks.data[16 + 1] = q; // the first block of the second stage
    const { form } = made({ "oft.blocks": blocks });
    const weight = random([8, 1], 3);
    const [cos, sin] = [(1 - q * q) / (1 + q * q), (2 * q) / (1 + q * q)];
    const wanted = new Array<number>(8).fill(0);
    wanted[0] = (cos - 1) * weight.data[0] + sin * weight.data[2];
    wanted[2] = -sin * weight.data[0] + (cos - 1) * weight.data[2];
    expectClose(deltaOf(form, weight), wanted);
  });

  it("deltaOf() takes stored rotations as they are, and stretches outputs by rescale", () => {
    const identity = tensor(
      [3, 2, 2],
      Float32Array.from({ length: 12 }, (_, n) => Number(n % 4 === 0 || n % 4 === 3)),
    );
    const rescale = random([6, 1], 5);
    const { form } = made({ "oft.diagonal": identity, rescale });
    expectClose(
      deltaOf(form, base),
      expected([6, 4], (o, i) => (rescale.data[o] - 1) * at(base, o, i)),
    );
  });
});

describe("ia3", () => {
  it.each([
    [0, 6, (o: number) => o],
    [1, 4, (_: number, i: number) => i],
  ])("deltaOf() scales rows or columns when on_input is %s", (onInput, count, channel) => {
    const { form, values } = made({ ia3: [count], onInput: alpha(onInput) });
    const factors = values.get("ia3")!.data;
    const wanted = expected([6, 4, 9], (o, i, k) => convolution.data[(o * 4 + i) * 9 + k] * factors[channel(o, i)]);
    expectClose(deltaOf(form, convolution), wanted);
  });

  it("deltaOf() throws when the factors are those of the other side", () => {
    const { form } = made({ ia3: [6], onInput: alpha(1) });
    expect(() => deltaOf(form, base)).toThrow("Cannot scale a weight [6,4] by 6 factors (4 are wanted)");
  });
});

describe("problem()", () => {
  const cases: [FormKind, Record<string, readonly number[]>, readonly number[]][] = [
    ["lora", { down: [2, 4], up: [6, 2] }, [6, 4]],
    ["lora", { down: [2, 4, 1, 1], up: [6, 2, 1, 1], mid: [2, 2, 3, 3] }, [6, 4, 3, 3]],
    ["loha", { "hada.w1a": [6, 2], "hada.w1b": [2, 4], "hada.w2a": [6, 3], "hada.w2b": [3, 4] }, [6, 4]],
    ["lokr", { "lokr.w1": [2, 2], "lokr.w2a": [3, 1], "lokr.w2b": [1, 2] }, [6, 4]],
    ["dora", { down: [2, 4], up: [6, 2], magnitude: [1, 4] }, [6, 4]],
    ["glora", { a1: [4, 2], a2: [2, 4], b1: [6, 2], b2: [2, 4] }, [6, 4]],
    ["oft", { "oft.blocks": [3, 2, 2], rescale: [6, 1] }, [6, 4]],
    ["ia3", { ia3: [6], onInput: [] }, [6, 4]],
    ["full", { difference: [6, 4] }, [6, 4, 1, 1]],
  ];
  it.each(cases)(
    "problem() is undefined when the tensors of %s fit, and names them when they do not",
    (kind, fields, dims) => {
      const type = forms[kind] as FormType<Form>;
      const own = new Map(Object.entries(fields));
      expect(formOf(own)).toBe(kind);
      expect(type.problem(own, dims)).toBeUndefined();
      expect(type.problem(own, [dims[0] + 1, dims[1] + 1, ...dims.slice(2)])).toMatch(/\[[\d,]+\]/);
      for (const [field, { length }] of own) {
        if (length === 0) continue;
        const altered = new Map([...own, [field, own.get(field)!.map((dim) => dim + 1)]]);
        if (!(kind === "lokr" && field === "lokr.w1a")) expect(type.problem(altered, dims)).toBeTypeOf("string");
      }
    },
  );
});
