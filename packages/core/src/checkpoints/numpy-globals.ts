// numpy's scalars and arrays as plain numbers: metrics and step counts in training checkpoints are often of its types.

import { isKind, PickleError } from "./pickle-value.ts";
import type { NumpyType, PickleInstance, PickleValue } from "./pickle-value.ts";
import { marker } from "./python-globals.ts";
import type { PickleGlobals } from "./pickle.ts";
import { float16ToFloat32 } from "../util/half.ts";

const functions: PickleGlobals = {
  scalar: { make: ([type, data]) => scalar(type, data) },
  _reconstruct: { make: (): PickleInstance => ({ kind: "instance", name: "numpy.ndarray" }), setState: setArray },
};

/** numpy's names, before and after its core moved to `numpy._core`. */
export const numpyGlobals: PickleGlobals = {
  "numpy.dtype": { make: ([code]) => numpyType(code), setState: setByteOrder },
  "numpy.ndarray": marker("numpy.ndarray"),
  "numpy.core.multiarray.scalar": functions.scalar,
  "numpy._core.multiarray.scalar": functions.scalar,
  "numpy.core.multiarray._reconstruct": functions._reconstruct,
  "numpy._core.multiarray._reconstruct": functions._reconstruct,
};

type Decode = (view: DataView, offset: number, littleEndian: boolean) => PickleValue;

const decoders: Record<string, Decode> = {
  b1: (view, offset) => view.getUint8(offset) !== 0,
  i1: (view, offset) => view.getInt8(offset),
  u1: (view, offset) => view.getUint8(offset),
  i2: (view, offset, little) => view.getInt16(offset, little),
  u2: (view, offset, little) => view.getUint16(offset, little),
  i4: (view, offset, little) => view.getInt32(offset, little),
  u4: (view, offset, little) => view.getUint32(offset, little),
  i8: (view, offset, little) => narrow(view.getBigInt64(offset, little)),
  u8: (view, offset, little) => narrow(view.getBigUint64(offset, little)),
  f2: (view, offset, little) => float16ToFloat32(Uint16Array.of(view.getUint16(offset, little)))[0],
  f4: (view, offset, little) => view.getFloat32(offset, little),
  f8: (view, offset, little) => view.getFloat64(offset, little),
};

function numpyType(code: PickleValue): NumpyType {
  const text = typeof code === "string" ? code : "";
  const bare = text.replace(/^[<>=|]/, "");
  if (!Object.hasOwn(decoders, bare) && bare !== "O8") {
    throw new PickleError(`has numpy values of type "${text.slice(0, 20)}" (numbers are known)`);
  }
  return { kind: "numpy-type", code: bare, bigEndian: text.startsWith(">") };
}

/** The state of a dtype is (version, byte order, …). */
function setByteOrder(value: PickleValue, state: PickleValue): void {
  if (isKind(value, "numpy-type") && Array.isArray(state)) value.bigEndian = state[1] === ">";
}

/** The state of an array is (version, shape, dtype, is Fortran order, bytes or list); kept as {shape, values}. */
function setArray(value: PickleValue, state: PickleValue): void {
  if (!isKind(value, "instance") || !Array.isArray(state)) throw new PickleError("gives a numpy array no state");
  const [, shape, type, fortran, data] = state;
  if (!isKind(type, "numpy-type")) throw new PickleError("has a numpy array without a type");
  const values = Array.isArray(data) ? data : elements(type, data);
  value.state = new Map<PickleValue, PickleValue>([
    ["shape", shape],
    ["fortran", fortran],
    ["values", values],
  ]);
}

function scalar(type: PickleValue, data: PickleValue): PickleValue {
  const values = isKind(type, "numpy-type") ? elements(type, data) : [];
  if (values.length !== 1) throw new PickleError("has a numpy number of another size than its type");
  return values[0];
}

function elements({ code, bigEndian }: NumpyType, data: PickleValue | undefined): PickleValue[] {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data; // Python 2 text loses nothing as UTF-8
  const decode = decoders[code];
  if (!(bytes instanceof Uint8Array) || !decode) throw new PickleError("has numpy values that are no numbers");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = Number(code.slice(1));
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => decode(view, i * size, !bigEndian));
}

function narrow(wide: bigint): number | bigint {
  const value = Number(wide);
  return Number.isSafeInteger(value) ? value : wide;
}
