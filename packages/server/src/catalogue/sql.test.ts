import fc from "fast-check";
import { expect, test } from "vitest";
import { every, sql, textOf } from "./sql.ts";
import { storableJson, storableText } from "./storable.ts";

test("sql() keeps values beside the text when statements are put together", () => {
  const statement = sql`select ${sql`a, ${1}`} from t where ${every([sql`b = ${"x'; drop"}`, sql`c < ${2}`])} limit ${3}`;
  expect(textOf(statement)).toBe("select a, $1 from t where b = $2 and c < $3 limit $4");
  expect(statement.values).toEqual([1, "x'; drop", 2, 3]);
  expect(textOf(every([]))).toBe("true");
});

test("storableJson() gives JSON that Postgres can hold, and changes nothing else", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "binary", maxDepth: 2 }), (value) => {
      const json = storableJson(value);
      expect(json.replaceAll("\\\\", "")).not.toMatch(/\\u0000|\\ud[89a-f]/);
      const plain = JSON.stringify(value);
      if (!/\\u0000|\\ud[89a-f]/.test(plain.replaceAll("\\\\", ""))) expect(json).toBe(plain);
      JSON.parse(json);
    }),
  );
  expect(storableJson("a\0b\\u0000\ud800")).toBe('"a\uFFFDb\\\\u0000\uFFFD"');
  expect(storableText("a\0\ud800😀")).toBe("a\uFFFD\uFFFD😀");
});
