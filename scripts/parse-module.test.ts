import { describe, expect, it } from "vitest";
import { exportedNames, importedModules } from "./parse-module.ts";

const file = (text: string) => ({ path: "packages/core/src/util/x.ts", text });

describe("importedModules()", () => {
  it("importedModules() lists every kind of import with its line when the file has them all", () => {
    const text = [
      'import { a } from "./a.ts";',
      'import type { B } from "./b.ts";',
      'export { c } from "./c.ts";',
      'export * from "./d.ts";',
      'const e = await import("./e.ts");',
      'type F = import("./f.ts").F;',
      'import "./g.ts";',
      '// import "./comment.ts"',
      'const text = `import "./text.ts"`;',
    ].join("\n");
    expect(importedModules(file(text))).toEqual(
      ["a", "b", "c", "d", "e", "f", "g"].map((name, i) => ({ specifier: `./${name}.ts`, line: i + 1 })),
    );
  });

  it("importedModules() says which file cannot be parsed when the syntax is wrong", () => {
    expect(() => importedModules(file("export const = 1"))).toThrow(
      /^Cannot parse "packages\/core\/src\/util\/x.ts": /,
    );
  });
});

describe("exportedNames()", () => {
  const documented = (text: string) =>
    Object.fromEntries(exportedNames(file(text)).map(({ name, documented }) => [name, documented]));

  it("exportedNames() asks for a doc comment right before the declaration when comments stand elsewhere", () => {
    expect(documented("/** Does a. */\nexport function a() {}\nexport function b() {}")).toEqual({ a: true, b: false });
    expect(documented("/* no doc */ export const a = 1;\n// nor this\nexport const b = 2;")).toEqual({
      a: false,
      b: false,
    });
    expect(documented("/** A. */\nconst x = 1;\nexport const a = x;")).toEqual({ a: false });
  });

  it("exportedNames() lets line comments stand between when they follow the doc comment", () => {
    expect(documented("/** A. */\n// oxlint-disable-next-line no-console\nexport const a = 1;")).toEqual({ a: true });
  });

  it("exportedNames() looks at the declaration when a name is exported in a list", () => {
    expect(documented("/** A. */\nconst a = 1;\nconst b = 2;\nexport { a, b };")).toEqual({ a: true, b: false });
  });

  it("exportedNames() takes one comment for all overloads when only the first has it", () => {
    expect(
      documented(
        "/** A. */\nexport function a(x: 1): 1;\nexport function a(x: 2): 2;\nexport function a(x: number) { return x; }",
      ),
    ).toEqual({ a: true });
  });

  it("exportedNames() covers types, interfaces and classes but no re-exports when a file has them", () => {
    const text =
      'export type A = 1;\nexport interface B {}\nexport class C {}\nexport { d } from "./d.ts";\nexport * from "./e.ts";';
    expect(documented(text)).toEqual({ A: false, B: false, C: false });
  });
});
