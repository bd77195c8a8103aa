import { expect, it } from "vitest";
import { classNames, pictureClasses } from "./picture-classes.ts";

const examples = (...columns: readonly Record<string, unknown>[]) =>
  columns.map((one, i) => ({ id: `${i}`, label: i, columns: one }));

it("pictureClasses() takes the data set's own label when there is no column of that name", () => {
  const example = { id: "a", label: 7, columns: { style: "flat" } };
  expect(pictureClasses(example, { concept: "label", style: "style" })).toEqual({ concept: "7", style: "flat" });
  expect(pictureClasses({ ...example, columns: { label: "fox" } }, { concept: "label" })).toEqual({
    concept: "fox",
    style: "any",
  });
});

it("classNames() orders numbers by value and names by letters", () => {
  const numbers = classNames(examples({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}), { concept: "label" });
  expect(numbers.concepts).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
  const names = classNames(examples({ k: "fox" }, { k: "10" }, { k: "9" }, { k: "fox" }), { concept: "k" });
  expect(names).toEqual({ concepts: ["10", "9", "fox"], styles: ["any"] });
});

it("pictureClasses() throws when a column holds neither name nor number", () => {
  expect(() => pictureClasses({ id: "a", columns: { k: ["x"] } }, { concept: "k" })).toThrow(
    'Cannot tell the class of "a": its column "k" is ["x"] (a name or number is wanted)',
  );
});
