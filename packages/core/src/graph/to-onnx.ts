// A graph as an ONNX model whose initializers are byte ranges of the user's checkpoint files.

import { encodeModel, onnxDataTypes } from "../onnx/model.ts";
import type { OnnxNode, OnnxTensor, OnnxValueInfo } from "../onnx/model.ts";
import type { StoredTensor } from "../tensor/stored.ts";
import type { Bindings } from "./bind.ts";
import { dimText, foldDim } from "./dim.ts";
import type { Dim } from "./dim.ts";
import type { Graph } from "./graph.ts";
import { inputsOf, parametersOf } from "./graph.ts";
import { ints } from "./lowering.ts";
import type { Attribute, Lowering, Target } from "./lowering.ts";
import { onnxTypes } from "./ops/elementwise.ts";
import type { Value } from "./value.ts";

/** How a graph is lowered. */
export interface LoweringOptions {
  readonly target: Target;
  readonly bindings: Bindings;
  /** Where the session finds a stored tensor: a location relative to its folder, and the offset there. */
  readonly locate: (stored: StoredTensor) => { readonly location: string; readonly offset: number };
  /** Whether the device's fused attention kernel can be trusted. */
  readonly fusedAttention?: boolean;
}

/** `graph` as ONNX protobuf bytes, its parameters bound to stored tensors. Throws Error when one is not bound. */
export function toOnnx(
  graph: Graph,
  { target, bindings, locate, fusedAttention = true }: LoweringOptions,
): Uint8Array<ArrayBuffer> {
  const inputs = inputsOf(graph);
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const shared = new Map<string, string>();
  let scope = "";

  // Inputs, parameters and outputs keep their own names; nodes and constants are numbered around them.
  const reserved = [...inputs, ...parametersOf(graph)].map(({ name }) => name).concat(Object.keys(graph.outputs));
  const used = new Map(reserved.map((name) => [name, 1]));
  const unique = (base: string): string => {
    const count = used.get(base) ?? 0;
    used.set(base, count + 1);
    return count === 0 ? base : unique(`${base}_${count}`);
  };
  const share = (key: string, make: () => string): string => {
    const known = shared.get(key) ?? make();
    shared.set(key, known);
    return known;
  };

  const to: Lowering = {
    target,
    fusedAttention,
    node(type, inputs, attributes: Readonly<Record<string, Attribute>> = {}, domain = "") {
      const name = unique(scope === "" ? type : `${scope}/${type}`);
      nodes.push({ name, type, domain, inputs, output: name, attributes });
      return name;
    },
    constant({ type, dims, data }) {
      const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      const make = () => {
        const name = unique("constant");
        initializers.push({ name, dataType: onnxTypes[type], dims, raw });
        return name;
      };
      return raw.length > 512 ? make() : share(`${type}[${dims}]:${raw}`, make);
    },
    parameter(name, dims) {
      const stored = bindings.get(name);
      if (stored === undefined) throw new Error(`Cannot lower graph "${graph.name}": parameter "${name}" is not bound`);
      const external = { ...locate(stored), length: stored.byteLength };
      const storedDims = stored.transposed ? dims.toReversed() : dims;
      initializers.push({ name, dataType: onnxDataTypes[stored.type], dims: storedDims, external });
      // ONNX Runtime computes both nodes once, while the session loads.
      const wide = stored.type === "F32" ? name : to.node("Cast", [name], { to: onnxTypes.float32 });
      return stored.transposed ? to.node("Transpose", [wide], { perm: [1, 0] }) : wide;
    },
    shape(dims) {
      if (dims.every((dim) => typeof dim === "number")) return ints(to, dims);
      return share(`shape:${dims.map(dimText)}`, () => to.node("Concat", dims.map(size), { axis: 0 }));
    },
  };

  /** A 1-element int64 tensor with the run-time value of `dim`. */
  const size = (dim: Dim): string =>
    share(`size:${dimText(dim)}`, () =>
      foldDim<string>(dim, {
        constant: (n) => ints(to, [n]),
        symbol: (name) => share(`size:${name}`, () => sizeOfSymbol(name)),
        add: (a, b) => to.node("Add", [a, b]),
        multiply: (a, b) => to.node("Mul", [a, b]),
        // Div truncates; what is left inside a dimension's floor has no negative term (dim.ts), so that is the floor.
        floorDivide: (a, by) => to.node("Div", [a, ints(to, [by])]),
      }),
    );
  const sizeOfSymbol = (name: string): string => {
    for (const input of inputs) {
      const axis = input.dims.findIndex((dim) => typeof dim !== "number" && dim.text === name);
      if (axis >= 0) return to.node("Shape", [input.name], { start: axis, end: axis + 1 });
    }
    throw new RangeError(`Cannot lower graph "${graph.name}": no input has an axis of size "${name}" (one is wanted)`);
  };

  const names = new Map<Value, string>();
  // ONNX Runtime loses sizes that are computed. To plan memory it compares each result with every buffer that is free, of which
  // more and more stay when shapes are unknown: a step of training takes twenty times as long to load then.
  const values: OnnxValueInfo[] = [];
  const outputs = Object.entries(graph.outputs);
  for (const value of graph.values) {
    scope = value.scope;
    const operands = value.inputs.map((input) => names.get(input)!);
    const name = value.op.lower(to, operands, value.attributes as never, value);
    // An output's node takes its name at once: Identity nodes in their place make ONNX Runtime 1.30 fuse wrongly.
    const [output] = outputs.find(([, result]) => result === value) ?? [];
    const last = nodes.at(-1);
    // (Not when the operator emits nothing and hands its operand on, whose name others know.)
    const isEmitted = last?.output === name && !operands.includes(name);
    const isRenamed = isEmitted && output !== undefined;
    if (isRenamed) nodes[nodes.length - 1] = { ...last, output };
    else if (isEmitted) values.push(valueInfo(name, value));
    names.set(value, isRenamed ? output : name);
  }
  for (const [output, value] of outputs) {
    const input = names.get(value)!;
    const name = `output/${output}`;
    if (input !== output) nodes.push({ name, type: "Identity", domain: "", inputs: [input], output, attributes: {} });
  }
  return encodeModel({
    name: graph.name,
    nodes,
    initializers,
    inputs: inputs.map((input) => valueInfo(input.name, input)),
    outputs: outputs.map(([name, value]) => valueInfo(name, value)),
    values,
  });
}

const valueInfo = (name: string, { type, dims }: Pick<Value, "type" | "dims">): OnnxValueInfo => ({
  name,
  dataType: onnxTypes[type],
  dims: dims.map((dim) => (typeof dim === "number" ? dim : dim.text)),
});
