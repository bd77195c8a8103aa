import fc from "fast-check";
import { expect, test } from "vitest";
import { Refusal } from "../guard/refuse.ts";
import { dataUrlBytes, decodePicture, pictureType } from "./picture-bytes.ts";

const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
);
const limits = { inputPixels: 100 };

test("decodePicture() gives a picture or a problem, whatever the bytes after a picture's first ones", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        png.subarray(0, 8),
        png.subarray(0, 24),
        Buffer.from("RIFF\0\0\0\0WEBP"),
        Buffer.from("GIF89a"),
        Buffer.of(),
      ),
      fc.uint8Array({ maxLength: 60 }),
      async (head, tail) => {
        const bytes = new Uint8Array([...head, ...tail]);
        await decodePicture(bytes, limits).then(
          ({ width, height }) => expect(width * height).toBeLessThanOrEqual(limits.inputPixels),
          (error: unknown) => expect(error).toBeInstanceOf(Refusal),
        );
      },
    ),
    { numRuns: 60 },
  );
  expect(await decodePicture(png, limits)).toMatchObject({ width: 1, height: 1 });
});

test("dataUrlBytes() takes base64 and nothing else", () => {
  expect(dataUrlBytes(`data:image/png;base64,${png.toString("base64")}`)).toEqual(png);
  for (const url of ["data:image/png,abc", "data:", "https://example.org/a.png", "data:image/png;base64,a b"])
    expect(() => dataUrlBytes(url)).toThrow(/data: URL/);
});

test("pictureType() knows pictures by their first bytes", () => {
  expect(pictureType(png)).toBe("image/png");
  expect(pictureType(new TextEncoder().encode("<svg/>"))).toBeUndefined();
});
