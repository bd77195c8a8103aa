import fc from "fast-check";
import { expect, test } from "vitest";
import { after, historyOf, redone, undone } from "./history.ts";
import { isLarger, noFrame, withSide } from "./frame.ts";
import { drawStrokes, isDrawn } from "./strokes.ts";
import type { Stroke, Surface } from "./strokes.ts";

test("undone() and redone() walk all states when they are called in any order", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 20 }), fc.nat(25), fc.nat(25), (states, back, on) => {
      let history = states.reduce(after<number>, historyOf(0));
      const all = [0, ...states];
      for (let i = 0; i < back; i++) history = undone(history);
      const at = Math.max(0, all.length - 1 - back);
      expect(history.present).toBe(all[at]);
      for (let i = 0; i < on; i++) history = redone(history);
      expect(history.present).toBe(all[Math.min(all.length - 1, at + on)]);
    }),
  );
});

test("after() forgets what was undone when something new is done", () => {
  expect(after(undone(after(after(historyOf("a"), "b"), "c")), "d")).toEqual({
    past: ["a", "b"],
    present: "d",
    future: [],
  });
});

test("withSide() rounds to steps and never goes inside the picture", () => {
  expect(withSide(noFrame, "right", 21).right).toBe(24);
  expect(withSide(noFrame, "top", -40).top).toBe(0);
  expect(isLarger(withSide(noFrame, "top", 3))).toBe(false);
  expect(isLarger(withSide(noFrame, "top", 4))).toBe(true);
});

test("drawStrokes() takes away with the eraser and fills the lasso's outline", () => {
  const calls: string[] = [];
  const surface = new Proxy({} as Record<string, unknown>, {
    get:
      (_, name) =>
      (...values: unknown[]) =>
        void calls.push(`${String(name)} ${values.join(",")}`),
    set: (_, name, value) => {
      if (name === "globalCompositeOperation") calls.push(String(value));
      return true;
    },
  }) as unknown as Surface;
  const strokes: Stroke[] = [
    { tool: "brush", size: 4, points: [[1, 2]] },
    {
      tool: "eraser",
      size: 4,
      points: [
        [1, 2],
        [3, 4],
      ],
    },
    {
      tool: "lasso",
      size: 4,
      points: [
        [0, 0],
        [9, 0],
        [9, 9],
      ],
    },
  ];
  drawStrokes(surface, strokes, { width: 16, height: 8, colour: "red" });
  expect(calls).toEqual([
    "clearRect 0,0,16,8",
    "source-over",
    "beginPath ",
    "moveTo 1,2",
    "lineTo 1,2",
    "stroke ",
    "destination-out",
    "beginPath ",
    "moveTo 1,2",
    "lineTo 3,4",
    "stroke ",
    "source-over",
    "beginPath ",
    "moveTo 0,0",
    "lineTo 9,0",
    "lineTo 9,9",
    "closePath ",
    "fill ",
  ]);
  expect([isDrawn(strokes), isDrawn(strokes.slice(1, 2))]).toEqual([true, false]);
});
