// Reads Python pickles (protocols 0 to 5) as data. A pickle is a program for a small stack machine whose instructions
// may name any Python function and call it; here a name is looked up in a table of harmless ones, calling it runs the
// table's few lines, and every other name ends the reading. The machine needs no recursion, and its work is bounded.

import { cannotRead } from "../safetensors/cannot-read.ts";
import { operations } from "./pickle-operations.ts";
import { isKind, PickleError } from "./pickle-value.ts";
import type { PickleGlobal, PickleValue } from "./pickle-value.ts";

/** The dotted names a pickle may use, each with what stands for it. */
export type PickleGlobals = Readonly<Record<string, Omit<PickleGlobal, "kind" | "name"> | PickleValue>>;

/** How to read a pickle. */
export interface UnpickleOptions {
  /** The file's name, for messages. */
  readonly file: string;
  /** Where in `bytes` the pickle starts. */
  readonly start?: number;
  readonly globals?: PickleGlobals;
  /** Gives the object that an id outside the pickle stands for. Without it such ids are refused. */
  readonly persistentLoad?: (id: PickleValue) => PickleValue;
}

/** Pickles larger than this are refused: those of checkpoints hold names and shapes only, a few megabytes at most. */
export const maxPickleBytes = 64 * 2 ** 20;

/** Reads the pickle at `start`; also gives the offset after it. Throws an Error that says what its pickle does wrong. */
export function unpickle(bytes: Uint8Array, options: UnpickleOptions): { value: PickleValue; end: number } {
  try {
    return run(new Unpickler(bytes, options));
  } catch (cause) {
    if (!(cause instanceof PickleError)) throw cause;
    throw cannotRead(options.file, `its pickle ${cause.message}`, { cause });
  }
}

const maxOperations = 5_000_000;
const stop = ".".charCodeAt(0);

function run(machine: Unpickler): { value: PickleValue; end: number } {
  for (let count = 0; count < maxOperations; count++) {
    const code = machine.byte();
    if (code === stop) return { value: machine.pop(), end: machine.position };
    const operation = operations[code];
    if (!operation)
      throw new PickleError(`has the unknown instruction 0x${code.toString(16)} at ${machine.position - 1}`);
    operation(machine);
  }
  throw new PickleError(`has more than ${maxOperations} instructions`);
}

/** The state of the stack machine, and the reading of its operands. */
export class Unpickler {
  readonly memo = new Map<number, PickleValue>();
  position: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #options: UnpickleOptions;
  readonly #stack: PickleValue[] = [];
  /** Heights of the stack at which marks were set. */
  readonly #marks: number[] = [];
  /** Which class made a value, for its `__setstate__`. */
  readonly #makers = new WeakMap<object, PickleGlobal>();

  constructor(bytes: Uint8Array, options: UnpickleOptions) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#options = options;
    this.position = options.start ?? 0;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw new PickleError("takes from an empty stack");
    return this.#stack.pop() as PickleValue;
  }

  top(): PickleValue {
    const value = this.pop();
    this.push(value);
    return value;
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** Takes the last mark and everything above it off. */
  popMark(): PickleValue[] {
    const height = this.#marks.pop();
    if (height === undefined) throw new PickleError("takes from an empty stack");
    return this.#stack.splice(height);
  }

  /** Takes the last mark off where it is the topmost thing, else the value above it. */
  popAny(): void {
    if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
    else this.pop();
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw new PickleError(`recalls value ${index}, which it never stored`);
    this.push(value);
  }

  /** Pushes what stands for a Python global. */
  find(module: PickleValue, name: PickleValue): void {
    if (typeof module !== "string" || typeof name !== "string")
      throw new PickleError("asks for a global without a name");
    const dotted = `${module}.${name}`;
    const { globals } = this.#options;
    if (!globals || !Object.hasOwn(globals, dotted)) {
      const shown = dotted.length > 200 ? `${dotted.slice(0, 200)}…` : dotted;
      throw new PickleError(`asks for "${shown}" (only tensors and plain containers are allowed)`);
    }
    const found = globals[dotted];
    const isGlobal = typeof found === "object" && found !== null && ("make" in found || "forward" in found);
    this.push(isGlobal ? { ...(found as PickleGlobal), kind: "global", name: dotted } : (found as PickleValue));
  }

  /** Pushes the value of calling a global. */
  call(callee: PickleValue, args: PickleValue): void {
    // Once only: arguments may hold themselves, so a chain of forwards may be endless.
    const forwards = isKind(callee, "global") && callee.forward && Array.isArray(args);
    const [target, actual] = forwards ? callee.forward(args) : [callee, args];
    if (!isKind(target, "global") || !target.make)
      throw new PickleError("calls something that is no known class or function");
    if (!Array.isArray(actual)) throw new PickleError(`calls "${target.name}" without a tuple of arguments`);
    const value = target.make(actual, target.name);
    if (typeof value === "object" && value !== null) this.#makers.set(value, target);
    this.push(value);
  }

  /** Gives the topmost value a state, in the way its class does. */
  build(state: PickleValue): void {
    const value = this.top();
    const maker = typeof value === "object" && value !== null ? this.#makers.get(value) : undefined;
    if (!maker) throw new PickleError("gives a state to a value without a class");
    maker.setState?.(value, state);
  }

  loadPersistent(id: PickleValue): void {
    const { persistentLoad } = this.#options;
    if (!persistentLoad) throw new PickleError("refers to data outside it");
    this.push(persistentLoad(id));
  }

  byte(): number {
    return this.#bytes[this.#advance(1)];
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  uint64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  bytes(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.slice(start, start + length);
  }

  /** The text up to the next line feed, which is passed. */
  line(): string {
    const end = this.#bytes.indexOf(10, this.position);
    if (end < 0) throw new PickleError(truncated);
    if (end - this.position > maxLineBytes) throw new PickleError(`has a line of more than ${maxLineBytes} bytes`);
    const line = this.#bytes.subarray(this.position, end);
    this.position = end + 1;
    return Array.from(line, (code) => String.fromCharCode(code)).join(""); // Latin-1
  }

  #advance(length: number): number {
    const start = this.position;
    if (!(length >= 0 && length <= this.#bytes.length - start)) throw new PickleError(truncated);
    this.position += length;
    return start;
  }
}

const maxLineBytes = 2 ** 20;
const truncated = "ends in the middle (the file may be cut off)";
