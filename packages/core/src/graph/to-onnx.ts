// A graph as an ONNX model whose initializers are byte ranges of the user's checkpoint files.

import { encodeModel, onnxDataTypes } from "../onnx/model.ts";
import type { OnnxNode, OnnxTensor } from "../onnx/model.ts";
import { foldDim } from "./dim.ts";
import type { Dim } from "./dim.ts";
import type { Bindings } from "./bind.ts";
import type { Graph } from "./graph.ts";
import { inputsOf } from "./graph.ts";
import type { Attribute, Lowering, Target } from "./lowering.ts";
import { onnxTypes } from "./ops/elementwise.ts";
import { constantOp, inputOp, parameterOp } from "./ops/source.ts";
import type { ConstantAttributes, ParameterAttributes } from "./ops/source.ts";
import type { Value } from "./value.ts";

/** An ONNX model, and the files its initializers point into. */
export interface OnnxProgram {
  readonly name: string;
  readonly model: Uint8Array;
  /** Paths (Node) or names (browser) of the checkpoint files; external locations are their places in this list. */
  readonly files: readonly string[];
  readonly inputs: readonly { readonly name: string; readonly type: Value["type"]; readonly dims: readonly Dim[] }[];
  readonly outputs: readonly string[];
}

/** Lowers `graph` for `target`, its parameters bound to stored tensors. `locate` gives a file's location relative to the session's folder. */
export function toOnnx(
  graph: Graph,
  { target, bindings, locate }: { target: Target; bindings: Bindings; locate: (file: string) => string },
): OnnxProgram {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const files = new Set<string>();
  const names = new Map<Value, string>();
  const shared = new Map<string, string>();
  const used = new Map<string, number>();
  let scope = "";

  const unique = (base: string): string => {
    const count = used.get(base) ?? 0;
    used.set(base, count + 1);
    return count === 0 ? base : `${base}_${count}`;
  };
  const share = (key: string, make: () => string): string => {
    const known = shared.get(key) ?? make();
    shared.set(key, known);
    return known;
  };

  const to: Lowering = {
    target,
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
      return data.length > 64 ? make() : share(`${type}[${dims}]:${data.join(",")}`, make);
    },
    shape(dims) {
      if (dims.every((dim) => typeof dim === "number")) {
        return to.constant({ type: "int64", dims: [dims.length], data: BigInt64Array.from(dims, BigInt) });
      }
      return share(`shape:${dims.map((dim) => (typeof dim === "number" ? dim : dim.text)).join(",")}`, () =>
        to.node("Concat", dims.map(size), { axis: 0 }),
      );
    },
  };

  /** A 1-element int64 tensor with the run-time value of `dim`. */
  const size = (dim: Dim): string =>
    share(`size:${typeof dim === "number" ? dim : dim.text}`, () =>
      foldDim<string>(dim, {
        constant: (n) => to.constant({ type: "int64", dims: [1], data: BigInt64Array.of(BigInt(n)) }),
        symbol: (name) => share(`size:${name}`, () => sizeOfSymbol(name)),
        add: (a, b) => to.node("Add", [a, b]),
        multiply: (a, b) => to.node("Mul", [a, b]),
        floorDivide: (a, by) =>
          to.node("Div", [a, to.constant({ type: "int64", dims: [1], data: BigInt64Array.of(BigInt(by)) })]),
      }),
    );
  const sizeOfSymbol = (name: string): string => {
    for (const input of inputsOf(graph)) {
      const axis = input.dims.findIndex((dim) => typeof dim !== "number" && dim.text === name);
      if (axis >= 0) return to.node("Shape", [input.name], { start: axis, end: axis + 1 });
    }
    throw new RangeError(`Cannot lower graph "${graph.name}": no input has an axis of size "${name}" (one is wanted)`);
  };

  const parameter = ({ name, dims }: ParameterAttributes): string => {
    const stored = bindings.get(name);
    if (stored === undefined) throw new Error(`Cannot lower graph "${graph.name}": parameter "${name}" is not bound`);
    files.add(stored.file);
    const bare = stored.type === "F32" && !stored.transposed;
    const initializer = bare ? name : `${name}:${stored.type.toLowerCase()}`;
    const storedDims = stored.transposed ? [...dims].reverse() : dims;
    const external = { location: locate(stored.file), offset: stored.offset, length: stored.byteLength };
    initializers.push({ name: initializer, dataType: onnxDataTypes[stored.type], dims: storedDims, external });
    // Folded once while the session loads.
    const wide = stored.type === "F32" ? initializer : to.node("Cast", [initializer], { to: onnxTypes.float32 });
    return stored.transposed ? to.node("Transpose", [wide], { perm: [1, 0] }) : wide;
  };

  for (const value of graph.values) {
    scope = value.scope;
    if (value.op.name === inputOp.name) names.set(value, (value.attributes as { name: string }).name);
    else if (value.op.name === parameterOp.name) names.set(value, parameter(value.attributes as ParameterAttributes));
    else if (value.op.name === constantOp.name) names.set(value, to.constant(value.attributes as ConstantAttributes));
    else
      names.set(
        value,
        value.op.lower(
          to,
          value.inputs.map((input) => names.get(input)!),
          value.attributes as never,
          value,
        ),
      );
  }

  scope = "";
  const info = (name: string, { type, dims }: Pick<Value, "type" | "dims">) => ({
    name,
    dataType: onnxTypes[type],
    dims: dims.map((dim) => (typeof dim === "number" ? dim : /^\w+$/.test(dim.text) ? dim.text : null)),
  });
  const outputs = Object.entries(graph.outputs).map(([name, value]) => {
    nodes.push({
      name: `output/${name}`,
      type: "Identity",
      domain: "",
      inputs: [names.get(value)!],
      output: name,
      attributes: {},
    });
    return info(name, value);
  });
  const inputs = inputsOf(graph);
  const model = encodeModel({
    name: graph.name,
    nodes,
    initializers,
    inputs: inputs.map((input) => info(input.name, input)),
    outputs,
  });
  return { name: graph.name, model, files: [...files], inputs, outputs: Object.keys(graph.outputs) };
}
