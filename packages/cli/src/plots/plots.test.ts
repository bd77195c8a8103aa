import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { generateOptions } from "@noisette/core/pipelines/options";
import type { Image } from "@noisette/core";
import { afterAll, describe, expect, it } from "vitest";
import { generatePresentations } from "../commands/generate-options.ts";
import { flagsOf } from "../flags/flag.ts";
import { UsageError } from "../usage-error.ts";
import { readAxis } from "./axis.ts";
import { planPlot, plotOptions } from "./plot.ts";
import { promptMatrix } from "./prompt-matrix.ts";
import { readPrompts } from "./prompts-file.ts";
import { rangeValues, splitValues } from "./values.ts";

const flags = flagsOf(generateOptions, generatePresentations);
const folder = mkdtempSync(join(tmpdir(), "noisette-plots-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("splitValues()", () => {
  it.each([
    ["10,20, 30 ", ["10", "20", "30"]],
    ['a, "b, c" ,d', ["a", "b, c", "d"]],
    ['"say ""hi""",x', ['say "hi"', "x"]],
    ["one", ["one"]],
    ["a,,b", ["a", "", "b"]],
  ])("splitValues() reads %j", (text, values) => expect(splitValues(text)).toEqual(values));

  it("splitValues() gives quoted values back, whatever they are", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 5 }), (values) => {
        const written = values.map((value) => `"${value.replaceAll('"', '""')}"`).join(",");
        expect(splitValues(written)).toEqual(values);
      }),
    );
  });
});

describe("rangeValues()", () => {
  it.each([
    ["1-5", [1, 2, 3, 4, 5]],
    ["1-10 (+3)", [1, 4, 7, 10]],
    ["10-5 (-3)", [10, 7]],
    ["5-3", [5, 4, 3]],
    ["1-10 [5]", [1, 3, 5, 7, 10]],
    ["-2-2 (+2)", [-2, 0, 2]],
    ["7-7 [1]", [7]],
  ])("rangeValues() reads %j as A1111 does when the option is whole", (text, values) =>
    expect(rangeValues(text, { isWhole: true })).toEqual(values),
  );

  it.each([
    ["0-1 (+0.25)", [0, 0.25, 0.5, 0.75, 1]],
    ["0-1 [3]", [0, 0.5, 1]],
    ["0.1-0.3 (+0.1)", [0.1, 0.2, 0.3]],
  ])("rangeValues() reads %j when the option takes fractions", (text, values) =>
    expect(rangeValues(text, { isWhole: false })).toEqual(values),
  );

  it.each(["7", "a-b", "1-5 (+0)", "1-5 (-1)", "1e-3"])("rangeValues() leaves %j alone when it is no range", (text) =>
    expect(rangeValues(text, { isWhole: false })).toBeUndefined(),
  );
});

describe("readAxis()", () => {
  const changes = (text: string, before = {}) =>
    readAxis(text, "x", flags).map(({ label, change }) => [label, change(before)]);

  it("readAxis() takes any flag by any of its names, its values read as the flag reads them", () => {
    expect(changes("steps=10,20")).toEqual([
      ["steps: 10", { options: { steps: 10 } }],
      ["steps: 20", { options: { steps: 20 } }],
    ]);
    expect(changes("--guidance-scale=1-3 (+2)")).toEqual([
      ["guidance: 1", { options: { guidanceScale: 1 } }],
      ["guidance: 3", { options: { guidanceScale: 3 } }],
    ]);
    expect(changes('guidance-steps="0,0.5",1e-3,1'.replace(",1e-3,1", ""))).toEqual([
      ["guidance-steps: 0,0.5", { options: { guidanceSteps: [0, 0.5] } }],
    ]);
    expect(changes("sampler=euler,heun").map(([label]) => label)).toEqual(["sampler: euler", "sampler: heun"]);
    expect(changes("tiling=xy")).toEqual([["tiling: xy", { options: { tiling: "xy" } }]]);
  });

  it("readAxis() changes the model when it is one of models", () => {
    expect(changes("model=/models/a.safetensors,me/b")).toEqual([
      ["model: a.safetensors", { model: "/models/a.safetensors" }],
      ["model: b", { model: "me/b" }],
    ]);
  });

  it("readAxis() replaces words of the prompts when it is prompt-sr", () => {
    const before = { prompt: "a fox and a fox", negativePrompt: ["no fox"] };
    expect(changes("prompt-sr=fox,owl", before)).toEqual([
      ["fox", { options: before }],
      ["owl", { options: { prompt: "a owl and a owl", negativePrompt: ["no owl"] } }],
    ]);
  });

  it.each([
    ["steps", /NAME=VALUES, as in steps=10,20, is wanted/],
    ["stesp=1", /no option "stesp" \(closest: steps\)/],
    ["steps=ten", /^Cannot use --steps "ten": an integer from 1 to 1000 is wanted$/],
    ["steps=1-2000", /^Cannot use --steps "1001"/],
    ["sampler=eulr", /closest: "euler"/],
  ])("readAxis() refuses %j", (text, message) => {
    expect(() => readAxis(text, "x", flags)).toThrow(message);
    expect(() => readAxis(text, "x", flags)).toThrow(UsageError);
  });

  it("readAxis() refuses to replace what is not in the prompt", () => {
    expect(() => changes("prompt-sr=owl,fox", { prompt: "a cat" })).toThrow(/"owl" is not in the prompt/);
  });
});

describe("promptMatrix()", () => {
  it("promptMatrix() chooses among the first half across and the second down", () => {
    const { base, x, y } = promptMatrix("a fox|snow|night|oil");
    const prompts = y.map((row) =>
      x.map((column) => row.change(column.change({ prompt: base }).options!).options!.prompt),
    );
    expect(prompts).toEqual([
      ["a fox", "a fox, snow", "a fox, night", "a fox, snow, night"],
      ["a fox, oil", "a fox, snow, oil", "a fox, night, oil", "a fox, snow, night, oil"],
    ]);
    expect([x.map(({ label }) => label), y.map(({ label }) => label)]).toEqual([
      ["–", "snow", "night", "snow, night"],
      ["–", "oil"],
    ]);
  });

  it("promptMatrix() is one picture when there is no bar", () => {
    const { base, x, y } = promptMatrix("a fox");
    expect([base, x.length, y.length]).toEqual(["a fox", 1, 1]);
  });
});

describe("readPrompts()", () => {
  const file = (text: string) => {
    const path = join(folder, "prompts.txt");
    writeFileSync(path, text);
    return path;
  };

  it("readPrompts() takes lines as prompts, or as flags when they begin with them", async () => {
    const path = file('\ufeffa red fox\n\n--prompt "an owl, \\"wise\\"" --steps 7 --negative \'blurry sky\'\r\n');
    expect(await readPrompts(path, flags)).toEqual([
      { text: "a red fox", options: { prompt: "a red fox" } },
      {
        text: '--prompt "an owl, \\"wise\\"" --steps 7 --negative \'blurry sky\'',
        options: { prompt: 'an owl, "wise"', steps: 7, negativePrompt: "blurry sky" },
      },
    ]);
  });

  it("readPrompts() names the line that it cannot read", async () => {
    await expect(readPrompts(file("a fox\n--prompt x --steps many"), flags)).rejects.toThrow(
      /prompts\.txt:2: Cannot use --steps "many"/,
    );
    await expect(readPrompts(file("--steps 3 fox"), flags)).rejects.toThrow(/the words "fox" belong to no flag/);
    await expect(readPrompts(file("\n \n"), flags)).rejects.toThrow(/it is empty/);
    await expect(readPrompts(join(folder, "none.txt"), flags)).rejects.toThrow(/^Cannot read prompts from .*none\.txt/);
  });
});

describe("planPlot()", () => {
  const plan = (given: object, base: object = { prompt: "a fox" }) => planPlot(plotOptions.parse(given), base, flags);

  it("planPlot() is none when nothing of it is asked for", async () => {
    expect(await plan({})).toBeUndefined();
  });

  it("planPlot() has a cell for every choice, all of one seed, those of one model together", async () => {
    const plot = await plan({ x: "model=a,b", y: "steps=1,2,3", z: "guidance=2,4" });
    expect(plot!.cells).toHaveLength(12);
    expect(plot!.cells.map(({ model }) => model)).toEqual([..."aaaaaabbbbbb"]);
    expect(new Set(plot!.cells.map(({ options }) => options!.seed)).size).toBe(1);
    expect(plot!.cells[7]).toMatchObject({
      model: "b",
      sheet: 0,
      row: 1,
      column: 1,
      options: { prompt: "a fox", steps: 2, guidanceScale: 2 },
    });
  });

  it("planPlot() makes a sheet for each value of z, rows and columns as asked", async () => {
    const plot = await plan({ x: "seed=1,2,3", y: "steps=1,2", z: "guidance=2,4" });
    const grey = (value: number): Image => ({
      width: 20,
      height: 10,
      channels: 3,
      data: new Uint8Array(600).fill(value),
    });
    const sheets = await plot!.sheets(
      new Map(plot!.cells.map((cell) => [cell, grey(100 + 50 * cell.sheet + 10 * cell.row + cell.column)])),
    );
    expect(sheets).toHaveLength(2);
    for (const [number, { width, height, data }] of sheets.entries()) {
      // From below and the right: row 1, column 2.
      expect(data[((height - 9) * width + width - 9) * 3]).toBe(100 + 50 * number + 12);
    }
  });

  it.each([
    [{ promptMatrix: true, x: "steps=1,2" }, /^Cannot plot --x or --y of a --prompt-matrix/],
    [{ prompts: "file", z: "steps=1" }, /^Cannot plot --prompts with/],
  ])("planPlot() refuses %j", async (given, message) => {
    await expect(plan(given)).rejects.toThrow(message);
  });
});
