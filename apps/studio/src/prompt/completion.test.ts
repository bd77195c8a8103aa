import { expect, test } from "vitest";
import { completionsAt } from "./completion.ts";

const adapters = [
  { name: "snow", kind: "lora", aliases: ["winter"] },
  { name: "old-snow", kind: "lora", aliases: [] },
  { name: "anime", kind: "hypernetwork", aliases: [] },
  { name: "bad-hands", kind: "embedding", aliases: [] },
] as const;
const at = (written: string) => {
  const caret = written.indexOf("^");
  const prompt = written.replace("^", "");
  return completionsAt(prompt, caret, {
    adapters: adapters.map((one) => ({ ...one, aliases: [...one.aliases] })),
    wildcards: ["animals/cats", "birds", "old_birds"],
  }).map(({ text, start, end }) => prompt.slice(0, start) + text + prompt.slice(end));
};

test("completionsAt() gives networks when a tag is begun", () => {
  expect(at("fox <^")).toEqual(["fox <hypernet:anime:1>", "fox <lora:old-snow:1>", "fox <lora:snow:1>"]);
  expect(at("fox <lora:sn^, red")).toEqual(["fox <lora:snow:1>, red", "fox <lora:old-snow:1>, red"]);
});

test("completionsAt() finds networks by their other names, and writes a tag's end anew", () => {
  expect(at("fox <lora:wint^:0.5> red")).toEqual(["fox <lora:snow:1> red"]);
});

test("completionsAt() gives embeddings when a word begins like one", () => {
  expect(at("blurry, bad^")).toEqual(["blurry, bad-hands"]);
  expect(at("b^")).toEqual([]);
});

test("completionsAt() gives wildcards between underscores, and writes their end anew", () => {
  expect(at("a __bi^")).toEqual(["a __birds__", "a __old_birds__"]);
  expect(at("(__an^im__, red)")).toEqual(["(__animals/cats__, red)"]);
  expect(at("__old_^")).toEqual(["__old_birds__"]);
  expect(at("a snake__bi^")).toEqual([]);
});

test("completionsAt() gives nothing when no name fits", () => {
  expect(at("a quiet sea^")).toEqual([]);
});
