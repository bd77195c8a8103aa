// A tensor as it lies in a file. Checkpoint readers produce these; the runtime hands their byte ranges to
// ONNX Runtime as external data, so that weights are never copied or rewritten by us.

/** Element types found in checkpoints. */
export type StoredType = "F64" | "F32" | "F16" | "BF16" | "I64" | "I32" | "I16" | "I8" | "U8" | "BOOL";

/** Bytes per element of each stored type. */
export const storedTypeBytes: Record<StoredType, number> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** A byte range of a file that holds a dense tensor, row-major. */
export interface StoredTensor {
  /** Its name in the file. */
  readonly name: string;
  readonly type: StoredType;
  readonly dims: readonly number[];
  /** The file's path (Node) or name (browser); resolved through the checkpoint's `ByteSource`s. */
  readonly file: string;
  /** Absolute offset of the first byte in the file. */
  readonly offset: number;
  readonly byteLength: number;
  /** True when the wanted matrix is the transpose of what is stored (2-D only). `dims` are as stored. */
  readonly transposed?: boolean;
}

/** Named tensors of one checkpoint or one network. */
export type StoredTensors = ReadonlyMap<string, StoredTensor>;
