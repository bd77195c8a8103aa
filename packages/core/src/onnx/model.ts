// ONNX protobuf through the onnx-proto library: the few messages a graph needs, and external data whose bytes stay in
// the user's own checkpoint files.

import onnxProto from "onnx-proto";

const { onnx } = onnxProto;
const { AttributeType } = onnx.AttributeProto;

/** An ONNX node; attributes are integers, floats (`{ float }`), strings or integer lists. */
export interface OnnxNode {
  readonly name: string;
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, number | { readonly float: number } | string | readonly number[]>>;
}

/** A tensor in the model: its bytes inside (`raw`), or a range of a file (`external`). */
export interface OnnxTensor {
  readonly name: string;
  /** TensorProto.DataType. */
  readonly dataType: number;
  readonly dims: readonly number[];
  readonly raw?: Uint8Array;
  /** `location` is relative to the folder the session is given. */
  readonly external?: { readonly location: string; readonly offset: number; readonly length: number };
}

/** What is known of a value: symbolic sizes by name. Sizes of one name are equal. */
export interface OnnxValueInfo {
  readonly name: string;
  readonly dataType: number;
  readonly dims: readonly (number | string)[];
}

/** A whole model: nodes in topological order. */
export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /** Of values in between. */
  readonly values?: readonly OnnxValueInfo[];
}

/** TensorProto.DataType of each stored type. */
export const onnxDataTypes = {
  F64: 11,
  F32: 1,
  F16: 10,
  BF16: 16,
  I64: 7,
  I32: 6,
  I16: 5,
  I8: 3,
  U8: 2,
  BOOL: 9,
} as const;

/** The operator sets a model is written against: Gelu needs 20. */
const opset = 20;

/** The model as ONNX protobuf bytes. */
export function encodeModel({
  name,
  nodes,
  initializers,
  inputs,
  outputs,
  values = [],
}: OnnxModel): Uint8Array<ArrayBuffer> {
  return onnx.ModelProto.encode({
    irVersion: 8,
    producerName: "noisette",
    opsetImport: [
      { domain: "", version: opset },
      { domain: "com.microsoft", version: 1 },
    ],
    graph: {
      name,
      node: nodes.map(({ type, domain, inputs, output, attributes, name }) => ({
        name,
        opType: type,
        domain,
        input: [...inputs],
        output: [output],
        attribute: Object.entries(attributes).map(([key, value]) => attributeProto(key, value)),
      })),
      initializer: initializers.map(tensorProto),
      input: inputs.map(valueInfo),
      output: outputs.map(valueInfo),
      valueInfo: values.map(valueInfo),
    },
  }).finish() as Uint8Array<ArrayBuffer>;
}

function attributeProto(name: string, value: OnnxNode["attributes"][string]) {
  if (typeof value === "number") return { name, type: AttributeType.INT, i: value };
  if (typeof value === "string") return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  if ("float" in value) return { name, type: AttributeType.FLOAT, f: value.float };
  return { name, type: AttributeType.INTS, ints: [...value] };
}

function tensorProto({ name, dataType, dims, raw, external }: OnnxTensor) {
  if (external === undefined) return { name, dataType, dims: [...dims], rawData: raw };
  const { location, offset, length } = external;
  const entries = { location, offset: String(offset), length: String(length) };
  return {
    name,
    dataType,
    dims: [...dims],
    dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  };
}

function valueInfo({ name, dataType, dims }: OnnxValueInfo) {
  const dim = dims.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: dataType, shape: { dim } } } };
}
