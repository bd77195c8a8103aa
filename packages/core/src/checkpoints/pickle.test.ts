import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import type { PickleValue } from "./pickle-value.ts";
import { unpickle } from "./pickle.ts";
import { persistentStorage, torchGlobals } from "./torch-globals.ts";

const fixture = (name: string) => new Uint8Array(readFileSync(fixturePath(`pickle/${name}`)));

/** A pickle from text, one byte a character. */
const assemble = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

const load = (bytes: Uint8Array | string): PickleValue =>
  unpickle(typeof bytes === "string" ? assemble(bytes) : bytes, {
    file: "x.ckpt",
    globals: torchGlobals,
    persistentLoad: persistentStorage,
  }).value;

describe("unpickle()", () => {
  it.each([0, 1, 2, 3, 4, 5])("unpickle() reads what CPython 3.11 wrote when the protocol is %i", (protocol) => {
    const value = load(fixture(`plain.p${protocol}.pkl`)) as Map<string, PickleValue>;
    const shared = value.get("shared") as PickleValue[];
    expect(shared[0]).toBe(shared[1]);
    expect(Object.fromEntries(value)).toEqual({
      epoch: 3,
      big: 2n ** 80n,
      negative: -(2n ** 70n),
      minus: -5,
      half: 0.5,
      inf: Infinity,
      text: "grün \u4e16\u{1f600} \\ \"'\n",
      none: null,
      flags: [true, false],
      bytes: Uint8Array.of(0, 255, 10),
      tuple: [1, [2, 3, 4], []],
      "int keys": new Map<PickleValue, PickleValue>([
        [320, "a"],
        [-1, "b"],
        [70000, "c"],
      ]),
      list: Array.from({ length: 300 }, (_, i) => i),
      set: new Set([1]),
      frozen: new Set(["x"]),
      ordered: new Map([
        ["b", 1],
        ["a", 2],
      ]),
      deque: [1, 2],
      default: new Map([["k", 1]]),
      space: new Map<PickleValue, PickleValue>([
        ["lr", 1e-4],
        ["name", "x"],
      ]),
      shared: [["s"], ["s"]],
    });
  });

  it.each<[string, string, PickleValue]>([
    ["a Python 2 string", "S'a\\'\\x41\\n\\\\'\n.", "a'A\n\\"],
    ["a Python 2 string of raw bytes", "U\x02\xff\xfe.", Uint8Array.of(255, 254)],
    ["a long", "L-12L\n.", -12],
    ["empty long bytes", "\x8a\x00.", 0],
    ["a negative byte long", "\x8a\x01\xff.", -1],
    ["float words", "(Finf\nF-inf\nF1e3\nl.", [Infinity, -Infinity, 1000]],
    ["old booleans", "(I00\nI01\nI7\nl.", [false, true, 7]],
    ["escaped Unicode", "V\\u4e16\\U0001f600\xe9\n.", "\u4e16\u{1f600}é"],
    ["POP of a mark, POP_MARK and DUP", "((0K\x07K\x08(K\x091200K\x05\x86.", [7, 5]],
    [
      "numpy scalars",
      "cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(S'f8'\nK\x00K\x01tR(K\x03S'<'\nNtbC\x08\0\0\0\0\0\0\xf8?tR.",
      1.5,
    ],
    ["Latin-1 bytes", "c_codecs\nencode\n(V\xff\x01\nS'latin1'\ntR.", Uint8Array.of(255, 1)],
    [
      "a big-endian numpy scalar",
      "cnumpy._core.multiarray\nscalar\n(cnumpy\ndtype\n(S'i2'\ntR(K\x03S'>'\ntbC\x02\x01\x02tR.",
      258,
    ],
    ["OBJ and INST", "((ccollections\nOrderedDict\no(icollections\nOrderedDict\nl.", [new Map(), new Map()]],
    [
      "an inert object with state",
      "(ipytorch_lightning.callbacks\nModelCheckpoint\n}S'k'\nK\x01sb.",
      { kind: "instance", name: "pytorch_lightning.callbacks.ModelCheckpoint", state: new Map([["k", 1]]) },
    ],
    ["a dtype and a size", "ctorch\nfloat16\nctorch\nSize\n(K\x02K\x03l\x85R\x86.", ["torch.float16", [2, 3]]],
    [
      "a parameter dictionary",
      "ctorch.nn.modules.container\nParameterDict\n)\x81}S'_parameters'\n}S'*'\nK\x05ssb.",
      new Map([["*", 5]]),
    ],
  ])("unpickle() reads %s", (_, text, wanted) => {
    expect(load(text)).toEqual(wanted);
  });

  it("unpickle() gives the offset after the pickle when more follows", () => {
    const bytes = assemble("K\x01.K\x02.");
    expect(unpickle(bytes, { file: "x" })).toEqual({ value: 1, end: 3 });
    expect(unpickle(bytes, { file: "x", start: 3 })).toEqual({ value: 2, end: 6 });
  });

  const onlyPlain = "(only tensors and plain containers are allowed)";
  it.each<[string, string, string]>([
    ["os.system by REDUCE", "cos\nsystem\n(S'echo'\ntR.", `asks for "os.system" ${onlyPlain}`],
    [
      "posix.system by STACK_GLOBAL",
      "\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04echo\x85R.",
      `asks for "posix.system" ${onlyPlain}`,
    ],
    [
      "builtins.eval inside a dictionary",
      "}S'state_dict'\ncbuiltins\neval\n(S'1'\ntRs.",
      `asks for "builtins.eval" ${onlyPlain}`,
    ],
    ["__builtin__.exec by INST", "(S'1'\ni__builtin__\nexec\n.", `asks for "__builtin__.exec" ${onlyPlain}`],
    ["subprocess by OBJ", "(csubprocess\nPopen\nS'ls'\no.", `asks for "subprocess.Popen" ${onlyPlain}`],
    ["getattr", "cbuiltins\ngetattr\n.", `asks for "builtins.getattr" ${onlyPlain}`],
    ["a name of Object.prototype", "ctoString\n\n.", `asks for "toString." ${onlyPlain}`],
    ["a dotted name in one part", "\x8c\x02os\x8c\x0bpath.system\x93.", `asks for "os.path.system" ${onlyPlain}`],
    ["a marker that is called", "ctorch\nTensor\n)R.", "calls something that is no known class or function"],
    [
      "a storage type that is called",
      "ctorch\nFloatStorage\n)R.",
      "calls something that is no known class or function",
    ],
    ["a text that is called", "S'os.system'\n)R.", "calls something that is no known class or function"],
    ["an extension code", "\x82\x01.", "has the unknown instruction 0x82"],
    ["out-of-band data", "\x97.", "has the unknown instruction 0x97"],
    ["protocol 6", "\x80\x06.", "has protocol 6 (0 to 5 are known)"],
    ["nothing", "", "ends in the middle (the file may be cut off)"],
    ["no STOP", "K\x01", "ends in the middle (the file may be cut off)"],
    ["a text longer than the file", "X\xff\xff\xff\x7fab.", "ends in the middle (the file may be cut off)"],
    ["a negative length", "T\xff\xff\xff\xffab.", "ends in the middle (the file may be cut off)"],
    ["an empty stack", ".", "takes from an empty stack"],
    ["a value below a mark", "K\x01(0(\x85.", "takes from an empty stack"],
    ["no mark", "t.", "takes from an empty stack"],
    ["an unknown memo", "h\x05.", "recalls value 5, which it never stored"],
    ["an append to a number", "K\x01K\x02a.", "appends to something that is no list"],
    ["items of a list", "]K\x01K\x02s.", "sets items of something that is no dictionary"],
    ["an odd number of items", "}(K\x01u.", "sets items of something that is no dictionary"],
    ["a state of a list", "]}b.", "gives a state to a value without a class"],
    ["bad UTF-8", "\x8c\x01\xff.", "has text that is not UTF-8"],
    ["a bad integer", "I0x10\n.", 'has the integer "0x10"'],
    ["a bad float", "Fabc\n.", 'has the number "abc"'],
    [
      "a tensor without a storage",
      "ctorch._utils\n_rebuild_tensor_v2\n(K\x01K\x00))tR.",
      "makes a tensor without a storage",
    ],
    [
      "a function that forwards to itself without end",
      "ctorch._tensor\n_rebuild_from_type_v2\nq\x01]q\x00(h\x01Nh\x00eR.",
      "calls something that is no known class or function",
    ],
    ["a storage that is none", "S'x'\nQ.", "refers to outside data that is no torch storage"],
  ])("unpickle() refuses %s", (_, text, problem) => {
    expect(() => load(text)).toThrow(`Cannot read "x.ckpt": its pickle ${problem}`);
  });

  it("unpickle() refuses globals and outside data when none are allowed", () => {
    expect(() => unpickle(assemble("ccollections\nOrderedDict\n."), { file: "x" })).toThrow(
      'asks for "collections.OrderedDict"',
    );
    expect(() => unpickle(assemble("NQ."), { file: "x" })).toThrow("refers to data outside it");
  });

  it("unpickle() stops when a pickle never ends", () => {
    expect(() => load("N0".repeat(2_500_001))).toThrow("has more than 5000000 instructions");
  });

  it("unpickle() takes any depth of nesting", () => {
    expect(load(`${"(".repeat(200_000)}${"t".repeat(200_000)}.`)).toHaveLength(1);
    const deep = (name: string, module: string) =>
      `c${module}\n${name}\n${"(".repeat(100_000)}${"t".repeat(100_000)}\x85R.`;
    expect(() => load(deep("device", "torch"))).toThrow("names something by no text");
    expect(() => load(deep("dtype", "numpy"))).toThrow("has numpy values of type");
  });

  it("unpickle() gives a value or says what is wrong when bytes are arbitrary, cut or flipped", () => {
    const files = [0, 2, 4].map((protocol) => fixture(`plain.p${protocol}.pkl`));
    const changed = fc.constantFrom(...files).chain((file) =>
      fc.oneof(
        fc.nat(file.length).map((length) => file.subarray(0, length)),
        fc.tuple(fc.nat(file.length - 1), fc.nat(255)).map(([at, byte]) => {
          const copy = file.slice();
          copy[at] = byte;
          return copy;
        }),
      ),
    );
    const codes = assemble(
      "\x80\x95(012N\x88\x89KMJILFGSTUVX\x8a\x8c]})\x8fltd\x91\x85\x86\x87aesu\x90pqr\x94ghjcR\x81\x92iobPQ\x93.\n\x01",
    );
    const programs = fc
      .array(fc.constantFrom(...codes), { maxLength: 60 })
      .map((list) => Uint8Array.from([...list, 46]));
    fc.assert(
      fc.property(fc.oneof(changed, programs, fc.uint8Array({ maxLength: 100 })), (bytes) => {
        try {
          load(bytes);
        } catch (error) {
          expect((error as Error).message).toMatch(/^Cannot read "x\.ckpt": its pickle /);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
