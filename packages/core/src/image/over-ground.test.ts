import { expect, it } from "vitest";
import { overGround } from "./over-ground.ts";

it("overGround() mixes colours with the ground as far as they are transparent", () => {
  const data = Uint8Array.of(100, 0, 200, 255, 100, 0, 200, 0, 100, 0, 200, 51);
  const seen = overGround({ width: 3, height: 1, channels: 4, data }, [0, 255, 0]);
  expect(seen).toEqual({ width: 3, height: 1, channels: 3, data: Uint8Array.of(100, 0, 200, 0, 255, 0, 20, 204, 40) });
});

it("overGround() gives the same picture when it has no transparency", () => {
  const image = { width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) } as const;
  expect(overGround(image)).toBe(image);
});
