// The pickle machine's instructions by their byte, as CPython's Lib/pickletools.py documents them (protocols 0 to 5).
// Left out: the copyreg extension registry and out-of-band buffers, which files of weights never use.

import type { Unpickler } from "./pickle.ts";
import { isKind, PickleError } from "./pickle-value.ts";
import type { PickleDictionary, PickleValue } from "./pickle-value.ts";

/** One instruction's effect; its byte has been read. */
export type PickleOperation = (machine: Unpickler) => void;

const byCharacter: Record<string, PickleOperation> = {
  // Frame and stack
  "\x80": protocol,
  "\x95": (m) => m.uint64(), // FRAME: only a hint for buffering
  "(": (m) => m.mark(),
  "0": (m) => m.popAny(),
  "1": (m) => m.popMark(),
  "2": (m) => m.push(m.top()),

  // Constants and numbers
  N: (m) => m.push(null),
  "\x88": (m) => m.push(true),
  "\x89": (m) => m.push(false),
  K: (m) => m.push(m.byte()),
  M: (m) => m.push(m.uint16()),
  J: (m) => m.push(m.int32()),
  I: (m) => m.push(textInteger(m.line())),
  L: (m) => m.push(integer(textBigInt(m.line().replace(/L$/, "")))),
  "\x8a": (m) => m.push(longInteger(m.bytes(m.byte()))),
  "\x8b": (m) => m.push(longInteger(m.bytes(m.int32()))),
  F: (m) => m.push(textFloat(m.line())),
  G: (m) => m.push(m.float64()),

  // Text and bytes
  S: (m) => m.push(python2Text(quotedBytes(m.line()))),
  T: (m) => m.push(python2Text(m.bytes(m.int32()))),
  U: (m) => m.push(python2Text(m.bytes(m.byte()))),
  V: (m) => m.push(rawUnicode(m.line())),
  X: (m) => m.push(utf8(m.bytes(m.uint32()))),
  "\x8c": (m) => m.push(utf8(m.bytes(m.byte()))),
  "\x8d": (m) => m.push(utf8(m.bytes(m.uint64()))),
  B: (m) => m.push(m.bytes(m.uint32())),
  C: (m) => m.push(m.bytes(m.byte())),
  "\x8e": (m) => m.push(m.bytes(m.uint64())),
  "\x96": (m) => m.push(m.bytes(m.uint64())), // BYTEARRAY8

  // Containers
  "]": (m) => m.push([]),
  ")": (m) => m.push([]),
  "}": (m) => m.push(new Map()),
  "\x8f": (m) => m.push(new Set()),
  l: (m) => m.push(m.popMark()),
  t: (m) => m.push(m.popMark()),
  d: (m) => {
    const items = m.popMark();
    m.push(new Map());
    setItems(m, items);
  },
  "\x91": (m) => m.push(new Set(m.popMark())),
  "\x85": (m) => m.push([m.pop()]),
  "\x86": (m) => m.push([m.pop(), m.pop()].reverse()),
  "\x87": (m) => m.push([m.pop(), m.pop(), m.pop()].reverse()),
  a: (m) => append(m, [m.pop()]),
  e: (m) => append(m, m.popMark()),
  s: (m) => setItems(m, [m.pop(), m.pop()].reverse()),
  u: (m) => setItems(m, m.popMark()),
  "\x90": (m) => addItems(m, m.popMark()),

  // Memo
  p: (m) => m.memo.set(memoIndex(m.line()), m.top()),
  q: (m) => m.memo.set(m.byte(), m.top()),
  r: (m) => m.memo.set(m.uint32(), m.top()),
  "\x94": (m) => m.memo.set(m.memo.size, m.top()),
  g: (m) => m.recall(memoIndex(m.line())),
  h: (m) => m.recall(m.byte()),
  j: (m) => m.recall(m.uint32()),

  // Classes, functions, objects
  c: (m) => m.find(m.line(), m.line()),
  "\x93": (m) => {
    const [name, module] = [m.pop(), m.pop()];
    m.find(module, name);
  },
  R: (m) => {
    const [args, callee] = [m.pop(), m.pop()];
    m.call(callee, args);
  },
  "\x81": (m) => {
    const [args, callee] = [m.pop(), m.pop()];
    m.call(callee, args);
  },
  "\x92": (m) => {
    const [named, args, callee] = [m.pop(), m.pop(), m.pop()];
    if (!(named instanceof Map) || named.size > 0) throw new PickleError("makes an object with named arguments");
    m.call(callee, args);
  },
  i: (m) => {
    m.find(m.line(), m.line());
    const callee = m.pop();
    m.call(callee, m.popMark());
  },
  o: (m) => {
    const [callee, ...args] = m.popMark();
    m.call(callee, args);
  },
  b: (m) => m.build(m.pop()),
  P: (m) => m.loadPersistent(m.line()),
  Q: (m) => m.loadPersistent(m.pop()),
};

/** The instructions by byte; `undefined` where there is none. STOP (".") belongs to the loop. */
export const operations: readonly (PickleOperation | undefined)[] = Array.from(
  { length: 256 },
  (_, code) => byCharacter[String.fromCharCode(code)],
);

function protocol(machine: Unpickler): void {
  const version = machine.byte();
  if (version > 5) throw new PickleError(`has protocol ${version} (0 to 5 are known)`);
}

function append(machine: Unpickler, items: PickleValue[]): void {
  const target = machine.top();
  if (isKind(target, "instance")) return; // an inert list stays empty
  if (!Array.isArray(target)) throw new PickleError("appends to something that is no list");
  for (const item of items) target.push(item);
}

function addItems(machine: Unpickler, items: PickleValue[]): void {
  const target = machine.top();
  if (!(target instanceof Set)) throw new PickleError("adds to something that is no set");
  for (const item of items) target.add(item);
}

function setItems(machine: Unpickler, items: PickleValue[]): void {
  const target = machine.top();
  if (isKind(target, "instance")) return; // an inert dictionary stays empty
  if (!(target instanceof Map) || items.length % 2 !== 0) {
    throw new PickleError("sets items of something that is no dictionary");
  }
  for (let i = 0; i < items.length; i += 2) (target as PickleDictionary).set(items[i], items[i + 1]);
}

function memoIndex(text: string): number {
  if (!/^\d{1,10}$/.test(text))
    throw new PickleError(`stores a value at "${text.slice(0, 20)}" (an integer is wanted)`);
  return Number(text);
}

function integer(wide: bigint): number | bigint {
  const narrow = Number(wide);
  return Number.isSafeInteger(narrow) ? narrow : wide;
}

function textBigInt(text: string): bigint {
  if (!/^[+-]?\d{1,1000}$/.test(text)) throw new PickleError(`has the integer "${text.slice(0, 20)}"`);
  return BigInt(text.replace("+", ""));
}

/** Protocol 0 writes False and True as the integers 00 and 01. */
function textInteger(text: string): PickleValue {
  return text === "00" ? false : text === "01" ? true : integer(textBigInt(text));
}

/** Little-endian two's complement. */
function longInteger(bytes: Uint8Array): number | bigint {
  if (bytes.length > 1000) throw new PickleError(`has an integer of ${bytes.length} bytes`);
  let wide = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) wide = (wide << 8n) | BigInt(bytes[i]);
  return integer(BigInt.asIntN(8 * bytes.length, wide));
}

const floatWords: Record<string, number> = { inf: Infinity, "-inf": -Infinity, nan: NaN, "-nan": NaN };

function textFloat(text: string): number {
  if (Object.hasOwn(floatWords, text)) return floatWords[text];
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) throw new PickleError(`has the number "${text.slice(0, 20)}"`);
  return value;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function utf8(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    throw new PickleError("has text that is not UTF-8");
  }
}

/** A Python 2 string may be text or raw bytes: text where it is UTF-8, which loses nothing. */
function python2Text(bytes: Uint8Array): string | Uint8Array {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return bytes;
  }
}

const escapes: Record<string, string> = {
  n: "\n",
  r: "\r",
  t: "\t",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** The bytes of a Python 2 string literal. */
function quotedBytes(literal: string): Uint8Array {
  const inner = /^(['"])(.*)\1$/s.exec(literal.trimEnd())?.[2];
  if (inner === undefined) throw new PickleError("has a string without quotes");
  const text = inner.replace(/\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))/gs, (all, hex, octal, letter) =>
    hex
      ? String.fromCharCode(parseInt(hex, 16))
      : octal
        ? String.fromCharCode(parseInt(octal, 8))
        : (escapes[letter] ?? all),
  );
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Python's raw-unicode-escape: Latin-1 with \uXXXX and \UXXXXXXXX. */
function rawUnicode(line: string): string {
  return line.replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_, short, long) => {
    const point = parseInt(short ?? long, 16);
    if (point > 0x10ffff) throw new PickleError("has a character beyond Unicode");
    return String.fromCodePoint(point);
  });
}
