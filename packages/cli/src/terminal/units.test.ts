import { describe, expect, it } from "vitest";
import { formatBytes, formatDuration } from "./units.ts";

describe("formatBytes()", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 kB"],
    [12_345, "12.3 kB"],
    [999_600, "1000 kB"],
    [4_265_380_512, "4.27 GB"],
    [5e15, "5000 TB"],
  ])("formatBytes() writes %d as %s when asked", (size, text) => expect(formatBytes(size)).toBe(text));
});

describe("formatDuration()", () => {
  it.each([
    [0, "0 ms"],
    [85.4, "85 ms"],
    [1234, "1.23 s"],
    [9996, "10.0 s"],
    [59_990, "60.0 s"],
    [60_000, "1:00"],
    [187_000, "3:07"],
    [3_849_000, "1:04:09"],
  ])("formatDuration() writes %d as %s when asked", (duration, text) => expect(formatDuration(duration)).toBe(text));
});
