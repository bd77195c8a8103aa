// Element by element, with NumPy broadcasting for two operands.

import { dimText, sameDim } from "../dim.ts";
import type { Dim } from "../dim.ts";
import { floats } from "../lowering.ts";
import type { Lowering } from "../lowering.ts";
import { apply } from "../op.ts";
import type { Op } from "../op.ts";
import type { DataType, Value } from "../value.ts";
import { exactSine } from "./exact-sine.ts";

/** The common shape of two operands: aligned at the last axis, size 1 stretches. */
export function broadcast(a: readonly Dim[], b: readonly Dim[]): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (sameDim(x, y) || y === 1) return x;
    if (x === 1) return y;
    throw new TypeError(`sizes ${dimText(x)} and ${dimText(y)} do not broadcast at axis ${i}`);
  });
}

const binary = (name: string, onnx: string, type?: DataType): Op<undefined> => ({
  name,
  infer([a, b]) {
    if (a.type !== b.type) throw new TypeError(`types ${a.type} and ${b.type} differ`);
    return { type: type ?? a.type, dims: broadcast(a.dims, b.dims) };
  },
  lower: (to, inputs) => to.node(onnx, inputs),
});

const unary = (name: string, lower: (to: Lowering, x: string) => string): Op<undefined> => ({
  name,
  infer: ([x]) => ({ type: x.type, dims: x.dims }),
  lower: (to, [x]) => lower(to, x),
});

const onnxUnary = (name: string, onnx: string): Op<undefined> => unary(name, (to, x) => to.node(onnx, [x]));

/** Arithmetic and comparison of two operands of one type. */
export const binaryOps = {
  add: binary("add", "Add"),
  subtract: binary("subtract", "Sub"),
  multiply: binary("multiply", "Mul"),
  divide: binary("divide", "Div"),
  maximum: binary("maximum", "Max"),
  minimum: binary("minimum", "Min"),
  equal: binary("equal", "Equal", "bool"),
  greater: binary("greater", "Greater", "bool"),
  less: binary("less", "Less", "bool"),
};

/** x·σ(αx): one fused pass on the CPU, two plain nodes elsewhere. */
const sigmoidWeighted = (to: Lowering, x: string, alpha: number): string => {
  if (to.target === "cpu") return to.node("QuickGelu", [x], { alpha: { float: alpha } }, "com.microsoft");
  const scaled = alpha === 1 ? x : to.node("Mul", [x, floats(to, [alpha], [])]);
  return to.node("Mul", [x, to.node("Sigmoid", [scaled])]);
};

/** A GPU's own sine is too coarse. */
const periodic = (to: Lowering, x: string, name: "Sin" | "Cos"): string =>
  to.target === "webgpu" ? exactSine(to, x, name) : to.node(name, [x]);

/** Functions of one operand. */
export const unaryOps = {
  sin: unary("sin", (to, x) => periodic(to, x, "Sin")),
  cos: unary("cos", (to, x) => periodic(to, x, "Cos")),
  tanh: onnxUnary("tanh", "Tanh"),
  exp: onnxUnary("exp", "Exp"),
  log: onnxUnary("log", "Log"),
  sqrt: onnxUnary("sqrt", "Sqrt"),
  negate: onnxUnary("negate", "Neg"),
  reciprocal: onnxUnary("reciprocal", "Reciprocal"),
  abs: onnxUnary("abs", "Abs"),
  sign: onnxUnary("sign", "Sign"),
  erf: onnxUnary("erf", "Erf"),
  softplus: onnxUnary("softplus", "Softplus"),
  sigmoid: onnxUnary("sigmoid", "Sigmoid"),
  relu: onnxUnary("relu", "Relu"),
  gelu: onnxUnary("gelu", "Gelu"),
  silu: unary("silu", (to, x) => sigmoidWeighted(to, x, 1)),
  quickGelu: unary("quickGelu", (to, x) => sigmoidWeighted(to, x, 1.702)),
};

/** Input x. */
export const leakyReluOp: Op<{ readonly slope: number }> = {
  name: "leakyRelu",
  infer: ([x]) => ({ type: x.type, dims: x.dims }),
  lower: (to, [x], { slope }) => to.node("LeakyRelu", [x], { alpha: { float: slope } }),
};

/** Inputs condition, a, b. */
export const whereOp: Op<undefined> = {
  name: "where",
  infer([condition, a, b]) {
    if (condition.type !== "bool") throw new TypeError(`the condition is ${condition.type} (bool is wanted)`);
    if (a.type !== b.type) throw new TypeError(`types ${a.type} and ${b.type} differ`);
    return { type: a.type, dims: broadcast(condition.dims, broadcast(a.dims, b.dims)) };
  },
  lower: (to, inputs) => to.node("Where", inputs),
};

/** The same values in another element type. */
export const castOp: Op<{ readonly type: DataType }> = {
  name: "cast",
  infer: ([x], { type }) => ({ type, dims: x.dims }),
  lower: (to, [x], { type }) => to.node("Cast", [x], { to: onnxTypes[type] }),
};

/** ONNX's numbers for our element types (TensorProto.DataType). */
export const onnxTypes: Record<DataType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };

const two =
  (op: Op<undefined>) =>
  (a: Value, b: Value): Value =>
    apply(op, [a, b], undefined);
const one =
  (op: Op<undefined>) =>
  (x: Value): Value =>
    apply(op, [x], undefined);

/** a + b. */
export const add = two(binaryOps.add);
/** a − b. */
export const subtract = two(binaryOps.subtract);
/** a·b, element by element. */
export const multiply = two(binaryOps.multiply);
/** a / b. */
export const divide = two(binaryOps.divide);
/** The larger of a and b. */
export const maximum = two(binaryOps.maximum);
/** The smaller of a and b. */
export const minimum = two(binaryOps.minimum);
/** a = b, as booleans. */
export const equal = two(binaryOps.equal);
/** a > b, as booleans. */
export const greater = two(binaryOps.greater);
/** a < b, as booleans. */
export const less = two(binaryOps.less);
/** a where the condition is true, b elsewhere; all three broadcast. */
export const where = (condition: Value, a: Value, b: Value): Value => apply(whereOp, [condition, a, b], undefined);
/** sin x. */
export const sin = one(unaryOps.sin);
/** cos x. */
export const cos = one(unaryOps.cos);
/** tanh x. */
export const tanh = one(unaryOps.tanh);
/** eˣ. */
export const exp = one(unaryOps.exp);
/** ln x. */
export const log = one(unaryOps.log);
/** √x. */
export const sqrt = one(unaryOps.sqrt);
/** −x. */
export const negate = one(unaryOps.negate);
/** 1/x. */
export const reciprocal = one(unaryOps.reciprocal);
/** |x|. */
export const abs = one(unaryOps.abs);
/** −1, 0 or 1. */
export const sign = one(unaryOps.sign);
/** The error function, 2/√π ∫₀ˣ exp(−t²) dt. */
export const erf = one(unaryOps.erf);
/** ln(1 + eˣ), without overflow. */
export const softplus = one(unaryOps.softplus);
/** σ(x) = 1/(1 + e⁻ˣ). */
export const sigmoid = one(unaryOps.sigmoid);
/** max(x, 0). */
export const relu = one(unaryOps.relu);
/** x where x > 0, slope·x elsewhere. */
export const leakyRelu = (x: Value, slope: number): Value => apply(leakyReluOp, [x], { slope });
/** x·Φ(x), Φ the normal distribution function: the exact form with erf (arXiv 1606.08415). */
export const gelu = one(unaryOps.gelu);
/** x·σ(x), also called swish (arXiv 1710.05941). */
export const silu = one(unaryOps.silu);
/** x·σ(1.702x), OpenAI CLIP's approximation of gelu. */
export const quickGelu = one(unaryOps.quickGelu);
/** x in another element type; towards zero from floats to integers. */
export const cast = (x: Value, type: DataType): Value => apply(castOp, [x], { type });
