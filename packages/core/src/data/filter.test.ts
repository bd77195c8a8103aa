import { describe, expect, it } from "vitest";
import { encodePng } from "#platform";
import { parseCondition, reasonAgainst } from "./filter.ts";
import type { ExampleRecord } from "./record.ts";

const record = (columns: Record<string, unknown>, width = 40, height = 20): ExampleRecord => ({
  id: "x",
  file: "x.png",
  columns,
  bytes: () => encodePng({ width, height, channels: 3, data: new Uint8Array(width * height * 3) }),
});

describe("parseCondition()", () => {
  it.each([
    ["aesthetic>=5.5", { column: "aesthetic", operator: ">=", value: 5.5 }],
    [" NSFW = UNLIKELY ", { column: "NSFW", operator: "=", value: "UNLIKELY" }],
    ["label!=3", { column: "label", operator: "!=", value: 3 }],
    ["similarity > -1e-2", { column: "similarity", operator: ">", value: -0.01 }],
  ])("parseCondition() reads %j", (text, condition) => expect(parseCondition(text)).toEqual(condition));

  it.each(["", "score", ">=5", "score>=", "score>=high"])("parseCondition() refuses %j", (text) =>
    expect(() => parseCondition(text)).toThrow(/^Cannot use the condition/),
  );
});

describe("reasonAgainst()", () => {
  it.each([
    [{ minWidth: 41 }, "narrower than 41"],
    [{ minHeight: 21 }, "lower than 21"],
    [{ minArea: 801 }, "fewer than 801 pixels"],
    [{ maxAspect: 1.9 }, "sides more than 1 to 1.9"],
    [{ minAesthetic: 5.1 }, "AESTHETIC_SCORE not >= 5.1"],
    [{ maxUnsafe: 0.1 }, "punsafe not <= 0.1"],
    [{ conditions: [parseCondition("license=by")] }, 'no column "license"'],
    [{ conditions: [parseCondition("NSFW!=UNLIKELY")] }, "NSFW not != UNLIKELY"],
    [{ conditions: [parseCondition("note>1")] }, "note not > 1"],
    [{ minWidth: 40, minHeight: 20, minArea: 800, maxAspect: 2, minAesthetic: 5, maxUnsafe: 0.2 }, undefined],
    [{ conditions: [parseCondition("NSFW=UNLIKELY")] }, undefined],
  ])("reasonAgainst() asked for %j says %j", async (options, reason) => {
    const columns = { AESTHETIC_SCORE: 5, punsafe: "0.2", NSFW: "UNLIKELY", note: "none" };
    expect(await reasonAgainst(record(columns), options)).toBe(reason);
  });

  it("reasonAgainst() says so when the picture cannot be measured", async () => {
    const broken = { ...record({}), bytes: async () => new Uint8Array(3) };
    expect(await reasonAgainst(broken, { minWidth: 1 })).toMatch(/^Cannot decode the picture/);
    expect(await reasonAgainst(broken, { conditions: [] })).toBeUndefined();
  });
});
