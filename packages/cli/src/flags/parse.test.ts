import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generateOptions } from "@noisette/core";
import { z } from "zod";
import { command as generate } from "../commands/generate.ts";
import { commandFlags } from "../run-command-line.ts";
import { UsageError } from "../usage-error.ts";
import { flagsOf } from "./flag.ts";
import type { Flag, OptionSchema } from "./flag.ts";
import { parseLine } from "./parse.ts";

const flags = commandFlags(generate as never);

/** A text that each kind of flag accepts, and the value it stands for. */
function example({ schema, option }: Flag): [text: string | undefined, value: unknown] {
  if (option === "scheduler") return ['{"_class_name":"DDIMScheduler"}', { _class_name: "DDIMScheduler" }];
  if (schema.properties !== undefined) {
    const [name] = Object.keys(schema.properties);
    return [`${name}=3`, { [name]: 3 }];
  }
  if (schema.enum !== undefined) return [schema.enum.at(-1)!, schema.enum.at(-1)];
  if (schema.prefixItems !== undefined) {
    const values = schema.prefixItems.map(numberOf);
    return [values.join(","), values];
  }
  if (schema.items?.type === "object") return ["a.1", [{ [Object.keys(schema.items.properties!)[0]]: "a.1" }]];
  if (schema.items?.properties !== undefined) return ["some", [{ [Object.keys(schema.items.properties)[0]]: "some" }]];
  if (schema.type === "array" && schema.items?.type === "string") return ["a.1,b", ["a.1", "b"]];
  if (schema.type === "array" && schema.items?.type === "integer") return ["3,1,12", [3, 1, 12]];
  if (schema.type === "array") return ["14.6,2.5,0", [14.6, 2.5, 0]];
  if (schema.type === "boolean") return [undefined, true];
  if (schema.type === "integer" || schema.type === "number") return [String(numberOf(schema)), numberOf(schema)];
  return ["some text, with: signs", "some text, with: signs"];
}

/** A number within the schema's limits. */
function numberOf({
  type,
  multipleOf,
  minimum,
  exclusiveMinimum,
  maximum = 1000,
  exclusiveMaximum,
}: OptionSchema): number {
  if (type === "integer") return (multipleOf ?? 1) * Math.ceil(Math.max(3, minimum ?? 3) / (multipleOf ?? 1));
  const low = exclusiveMinimum ?? minimum ?? 0;
  return low + Math.min(0.5, ((exclusiveMaximum ?? maximum) - low) / 2);
}

const spellings = flags.flatMap((flag) => [
  ...flag.names.map((name) => ({ spelling: `--${name}`, flag })),
  ...(flag.short === undefined ? [] : [{ spelling: `-${flag.short}`, flag }]),
]);

describe("parseLine()", () => {
  it("parseLine() has a flag for every option of the schema", () => {
    expect(flags.map(({ option }) => option)).toEqual(expect.arrayContaining(Object.keys(generateOptions.shape)));
  });

  it("parseLine() has no two flags of one name", () => {
    const all = spellings.map(({ spelling }) => spelling);
    expect(all.filter((spelling, i) => all.indexOf(spelling) !== i)).toEqual([]);
  });

  it.each(spellings)(
    "parseLine() reads $spelling into its option when it stands apart or behind =",
    ({ spelling, flag }) => {
      const [text, value] = example(flag);
      expect(parseLine(text === undefined ? [spelling] : [spelling, text], flags)).toEqual({
        given: { [flag.option]: value },
        words: [],
      });
      if (text !== undefined && spelling.startsWith("--"))
        expect(parseLine([`${spelling}=${text}`], flags).given).toEqual({ [flag.option]: value });
    },
  );

  it("parseLine() gives no defaults when flags are left out", () => {
    expect(parseLine(["a fox"], flags)).toEqual({ given: {}, words: ["a fox"] });
  });

  it("parseLine() collects prompts and takes the last of other flags when they repeat", () => {
    expect(parseLine(["-p", "a", "-p", "b", "-p", "", "-s", "3", "-s", "4"], flags).given).toEqual({
      prompt: ["a", "b", ""],
      steps: 4,
    });
  });

  it("parseLine() turns switches off when they are written with no-, and knows no other such flags", () => {
    expect(parseLine(["--no-upscale", "a fox"], flags)).toEqual({ given: { upscale: false }, words: ["a fox"] });
    expect(() => parseLine(["--no-steps"], flags)).toThrow("Cannot use --no-steps: no such flag");
    expect(() => parseLine(["--no-upscale=1"], flags)).toThrow("no such flag");
  });

  it("parseLine() keeps words after -- when they look like flags", () => {
    expect(parseLine(["--steps", "3", "--", "--negative"], flags)).toEqual({
      given: { steps: 3 },
      words: ["--negative"],
    });
  });

  it.each([
    [["--steps", "0"], 'Cannot use --steps "0": an integer from 1 to 1000 is wanted'],
    [["--steps", "2.5"], 'Cannot use --steps "2.5": an integer from 1 to 1000 is wanted'],
    [["--steps", "ten"], 'Cannot use --steps "ten": an integer from 1 to 1000 is wanted'],
    [["--steps", ""], 'Cannot use --steps "": an integer from 1 to 1000 is wanted'],
    [["--width", "500"], 'Cannot use --width "500": a multiple of 8 from 8 to 16384 is wanted'],
    [["--height", "0"], 'Cannot use --height "0": a multiple of 8 from 8 to 16384 is wanted'],
    [["--seed", "-1"], 'Cannot use --seed "-1": an integer, 0 or more is wanted'],
    [["--seed=-1"], 'Cannot use --seed "-1": an integer, 0 or more is wanted'],
    [["--guidance", "NaN"], 'Cannot use --guidance "NaN": a number from 0 to 100 is wanted'],
    [["--strength", "0"], 'Cannot use --strength "0": a number, above 0 and up to 1 is wanted'],
    [["--count", "0"], 'Cannot use --count "0": an integer from 1 to 1000 is wanted'],
    [
      ["--sampler", "eulr"],
      'Cannot use --sampler "eulr": no such value (closest: "euler"; noisette samplers lists them)',
    ],
    [
      ["--sampler", "DPMPP_2M"],
      'Cannot use --sampler "DPMPP_2M": no such value (closest: "dpmpp_2m"; noisette samplers lists them)',
    ],
    [
      ["--sampler", "Euler a"],
      'Cannot use --sampler "Euler a": no such value (here it is --sampler euler_ancestral; noisette samplers lists them)',
    ],
    [
      ["--sampler", "DPM++ 2M Karras"],
      'Cannot use --sampler "DPM++ 2M Karras": no such value (here it is --sampler dpmpp_2m --schedule karras; noisette samplers lists them)',
    ],
    [
      ["--hires-sampler", "uni_pc"],
      'Cannot use --hires-sampler "uni_pc": no such value (here it is --hires-sampler unipc; noisette samplers lists them)',
    ],
    [
      ["--schedule", "SGM Uniform"],
      'Cannot use --schedule "SGM Uniform": no such value (here it is --schedule sgm_uniform; noisette schedules lists them)',
    ],
    [["--device", "gpu"], 'Cannot use --device "gpu": no such value (closest: "cpu"; auto, cpu, webgpu are known)'],
    [
      ["--original-size", "512"],
      'Cannot use --original-size "512": 2 integers with commas between, none below 0 is wanted',
    ],
    [["--sigmas", "1,x"], 'Cannot use --sigmas "1,x": 2 or more numbers with commas between, none below 0 is wanted'],
    [["--stepz", "3"], "Cannot use --stepz: no such flag (closest: --steps; --help lists them)"],
    [["--model"], 'Cannot use --model: its value is missing (write --model=… for one that starts with "-")'],
    [["-n", "--steps", "3"], 'Cannot use -n: its value is missing (write --negative=… for one that starts with "-")'],
    [["--json=yes"], "Cannot use --json=yes: the flag takes no value"],
    [["--scheduler", "{"], /^Cannot read the JSON: /],
    [["--scheduler", "no-such-file.json"], /^Cannot read "no-such-file.json": /],
    [["--scheduler", "[1]"], /^Cannot read "\[1\]": /],
  ])("parseLine() says what is wanted when the line is %j", (line, message) => {
    const parse = () => parseLine(line, flags);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(message instanceof RegExp ? message : new UsageError(message));
  });

  it("parseLine() gives a value or a UsageError whatever is written", () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom(...spellings.map(({ spelling }) => spelling)),
      fc.constantFrom("=", "--", "-", "1", "a,b"),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (line) => {
        try {
          parseLine(line, flags);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
    );
  });
});

describe("flagsOf()", () => {
  it("flagsOf() makes a flag of an option that nobody presented", () => {
    const [flag] = flagsOf(z.strictObject({ someNewOption: z.number().min(1).describe("New") }), {}, "Sampling");
    expect(flag).toMatchObject({
      option: "someNewOption",
      names: ["some-new-option", "someNewOption"],
      group: "Sampling",
    });
    expect(parseLine(["--some-new-option", "2"], [flag]).given).toEqual({ someNewOption: 2 });
  });
});
