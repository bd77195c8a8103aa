import { afterEach, expect, test, vi } from "vitest";
import { UsageError } from "../usage-error.ts";
import { sharedOptions, sharedParts } from "./shared-options.ts";
import { command } from "./worker.ts";

const whole = { queue: "redis://a", database: "postgres://b/c", images: "s3://d" };
afterEach(() => vi.unstubAllEnvs());

test("sharedParts() takes all three or none, from flags or from the environment", () => {
  expect(sharedParts({})).toBeUndefined();
  expect(sharedParts(whole)).toEqual(whole);
  expect(() => sharedParts({ queue: "redis://a" })).toThrow(/no --database and no --images/);
  vi.stubEnv("NOISETTE_IMAGES", "/pictures");
  expect(sharedParts({ queue: "redis://a", database: "postgres://b" })).toMatchObject({ images: "/pictures" });
});

test("sharedOptions() refuses addresses of other kinds", () => {
  expect(sharedOptions.safeParse({ queue: "http://a" }).success).toBe(false);
  expect(sharedOptions.safeParse({ database: "mysql://a" }).success).toBe(false);
  expect(sharedOptions.safeParse(whole).success).toBe(true);
});

test("worker refuses to start when there is no queue", async () => {
  await expect(command.run({}, [])).rejects.toThrow(UsageError);
});
