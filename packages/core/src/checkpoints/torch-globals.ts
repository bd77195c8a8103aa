// The names that torch.save writes, and the harmless ones that trainers leave in published checkpoints.

import type { StoredType } from "../tensor/stored.ts";
import { numpyGlobals } from "./numpy-globals.ts";
import { isKind, PickleError } from "./pickle-value.ts";
import type { PickledStorage, PickledTensor, PickleValue } from "./pickle-value.ts";
import type { PickleGlobals } from "./pickle.ts";
import { inert, marker, pythonGlobals, setAttributes, words } from "./python-globals.ts";

const storageTypes: Record<string, StoredType> = {
  DoubleStorage: "F64",
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

const dtypes: Record<string, StoredType | undefined> = {
  float64: "F64",
  double: "F64",
  float32: "F32",
  float: "F32",
  float16: "F16",
  half: "F16",
  bfloat16: "BF16",
  int64: "I64",
  long: "I64",
  int32: "I32",
  int: "I32",
  int16: "I16",
  short: "I16",
  int8: "I8",
  uint8: "U8",
  bool: "BOOL",
  // May be named; tensors of them are refused.
  uint16: undefined,
  uint32: undefined,
  uint64: undefined,
  complex64: undefined,
  float8_e4m3fn: undefined,
  float8_e5m2: undefined,
};

const inertNames = [
  "pytorch_lightning.callbacks.ModelCheckpoint",
  "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
  "pytorch_lightning.callbacks.early_stopping.EarlyStopping",
  "pytorch_lightning.callbacks.lr_monitor.LearningRateMonitor",
  "lightning.pytorch.callbacks.model_checkpoint.ModelCheckpoint",
  "omegaconf.base.ContainerMetadata",
  "omegaconf.base.Metadata",
  "omegaconf.dictconfig.DictConfig",
  "omegaconf.listconfig.ListConfig",
  "omegaconf.nodes.AnyNode",
  "torch.Generator",
];

const lightningDictionaries = [
  "pytorch_lightning.utilities.parsing.AttributeDict",
  "lightning_fabric.utilities.data.AttributeDict",
  "lightning.fabric.utilities.data.AttributeDict",
];

/** Every name a torch file may use. */
export const torchGlobals: PickleGlobals = {
  ...pythonGlobals,
  ...numpyGlobals,
  ...Object.fromEntries(
    Object.entries(storageTypes).flatMap(([name, type]): [string, PickleValue][] => [
      [`torch.${name}`, { kind: "storage-type", type }],
      [`torch.cuda.${name}`, { kind: "storage-type", type }],
    ]),
  ),
  "torch.storage.UntypedStorage": { kind: "storage-type" },
  "torch.storage._UntypedStorage": { kind: "storage-type" },
  "torch.storage.TypedStorage": { kind: "storage-type" },
  "torch.storage._TypedStorage": { kind: "storage-type" },
  ...Object.fromEntries(Object.keys(dtypes).map((name) => [`torch.${name}`, `torch.${name}`])),
  "torch.Size": { make: ([dims]) => (Array.isArray(dims) ? [...dims] : []) },
  "torch.device": { make: (args) => words(args).join(":") },
  "torch._utils._rebuild_tensor": { make: rebuildTensor },
  "torch._utils._rebuild_tensor_v2": { make: rebuildTensor },
  "torch._utils._rebuild_tensor_v3": { make: rebuildTypedTensor },
  "torch._utils._rebuild_parameter": { make: ([tensor]) => tensor },
  "torch._utils._rebuild_parameter_with_state": { make: ([tensor]) => tensor },
  // (function, type, arguments, state): a subclass of Tensor, read as the tensor it is.
  "torch._tensor._rebuild_from_type_v2": { forward: ([rebuild, , args]) => [rebuild, args] },
  "torch.Tensor": marker("torch.Tensor"),
  "torch.nn.parameter.Parameter": marker("torch.nn.parameter.Parameter"),
  // A module that only holds parameters; textual inversions of 2022 are saved in one.
  "torch.nn.modules.container.ParameterDict": { make: () => new Map(), setState: setParameters },
  "torch.nn.modules.container.ParameterList": { make: () => new Map(), setState: setParameters },
  ...Object.fromEntries(inertNames.map((name) => [name, inert])),
  ...Object.fromEntries(
    lightningDictionaries.map((name) => [name, { make: () => new Map(), setState: setAttributes }]),
  ),
};

/** The storage that a persistent id names: ("storage", type, key, location, count[, view]). */
export function persistentStorage(id: PickleValue): PickleValue {
  const [tag, type, key, , count, view] = Array.isArray(id) ? id : [];
  // Very old files also refer to the source text of a class.
  if (tag === "module" && isKind(type, "global")) return type;
  if (tag !== "storage" || !isKind(type, "storage-type") || typeof key !== "string" || !isCount(count)) {
    throw new PickleError("refers to outside data that is no torch storage");
  }
  const storage = { kind: "storage", key, type: type.type, count } as const;
  if (view === undefined || view === null) return storage;
  const [, start, viewCount] = Array.isArray(view) ? view : [];
  if (!isCount(start) || !isCount(viewCount) || start + viewCount > count) {
    throw new PickleError(`views storage "${key}" outside its ${count} elements`);
  }
  return { ...storage, view: { start, count: viewCount } };
}

/** (storage, offset, size, stride, …): the rest is about gradients. */
function rebuildTensor([storage, offset, dims, strides]: readonly PickleValue[]): PickledTensor {
  if (!isKind(storage, "storage")) throw new PickleError("makes a tensor without a storage");
  return strided(storage, { type: storage.type, offset, dims, strides });
}

/** As above with the element type as seventh argument and a storage of bytes. */
function rebuildTypedTensor([storage, offset, dims, strides, , , dtype]: readonly PickleValue[]): PickledTensor {
  const type = typeof dtype === "string" ? dtypes[dtype.replace(/^torch\./, "")] : undefined;
  if (!isKind(storage, "storage")) throw new PickleError("makes a tensor without a storage");
  if (!type)
    throw new PickleError(
      `has a tensor of type ${typeof dtype === "string" ? dtype.slice(0, 40) : "unknown"} (floats and signed integers are known)`,
    );
  return strided(storage, { type, offset, dims, strides });
}

interface Window {
  readonly type: StoredType | undefined;
  readonly offset: PickleValue;
  readonly dims: PickleValue;
  readonly strides: PickleValue;
}

function strided(storage: PickledStorage, { type, offset, dims, strides }: Window): PickledTensor {
  const listed = Array.isArray(dims) && Array.isArray(strides) && dims.length === strides.length && dims.length <= 64;
  if (!type || !isCount(offset) || !listed || !dims.every(isCount) || !strides.every(isCount)) {
    throw new PickleError("makes a tensor whose offset, size or stride are no counts");
  }
  return { kind: "tensor", storage, type, offset, dims, strides };
}

function setParameters(value: PickleValue, state: PickleValue): void {
  const parameters = state instanceof Map ? state.get("_parameters") : undefined;
  setAttributes(value, parameters ?? null);
}

function isCount(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
