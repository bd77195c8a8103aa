import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRepositoryPath, parseHubReference } from "./hub-reference.ts";

const hub = "https://hub.example";
const parse = (text: string) => parseHubReference(text, ["http://127.0.0.1:8000/models", hub]);
const commit = "0123456789abcdef0123456789abcdef01234567";

describe("parseHubReference()", () => {
  it.each([
    ["owner/name", { repository: "owner/name" }],
    ["stable-diffusion_v1/sd.1-5", { repository: "stable-diffusion_v1/sd.1-5" }],
    ["owner/name@fp16", { repository: "owner/name", revision: "fp16" }],
    ["owner/name@refs/pr/1", { repository: "owner/name", revision: "refs/pr/1" }],
    [`owner/name@${commit}`, { repository: "owner/name", revision: commit }],
    ["owner/name/x.safetensors", { repository: "owner/name", file: "x.safetensors" }],
    ["owner/name/a/b c.ckpt@v1.0", { repository: "owner/name", file: "a/b c.ckpt", revision: "v1.0" }],
    [`${hub}/owner/name`, { repository: "owner/name" }],
    [`${hub}/owner/name/`, { repository: "owner/name" }],
    [`${hub}/owner/name/tree/main`, { repository: "owner/name", revision: "main" }],
    [
      `${hub}/owner/name/resolve/main/x.safetensors`,
      { repository: "owner/name", revision: "main", file: "x.safetensors" },
    ],
    [
      `${hub}/owner/name/blob/v1/a/x%20y.ckpt?download=true`,
      { repository: "owner/name", revision: "v1", file: "a/x y.ckpt" },
    ],
    [
      `${hub}/owner/name/resolve/refs%2Fpr%2F1/x.ckpt#top`,
      { repository: "owner/name", revision: "refs/pr/1", file: "x.ckpt" },
    ],
    ["http://127.0.0.1:8000/models/owner/name", { repository: "owner/name" }],
  ])("parseHubReference() reads %s", (text, expected) => {
    expect(parse(text)).toEqual({ revision: undefined, file: undefined, ...expected });
  });

  it.each([
    "",
    "name",
    "./owner/name",
    "../x.safetensors",
    "/tmp/x.safetensors",
    "C:\\models\\x.ckpt",
    "owner/name/folder",
    "owner/name/../x.ckpt",
    "owner/na me",
    "own..er/name",
    "owner/na--me",
    "-owner/name",
    "owner/name.git",
    "owner/name@",
    "owner/name@../x",
    "owner/name@a//b",
    `owner/${"n".repeat(97)}`,
    "owner/name/a\0.ckpt",
  ])("parseHubReference() throws naming the forms when the text is %j", (text) => {
    expect(() => parse(text)).toThrow(`Cannot find "${text}": no such file, and not a Hub id (of the form owner/name,`);
  });

  it.each([
    ["https://elsewhere.example/owner/name", "not an address on the Hub"],
    ["https://hub.example.evil/owner/name", "not an address on the Hub"],
    [`${hub}/datasets/owner/name`, "no model's address"],
    [`${hub}/owner`, "no model's address"],
    [`${hub}/owner/name/tree/main/unet`, "neither a whole repository nor one file"],
    [`${hub}/owner/name/resolve/main`, "neither a whole repository nor one file"],
    [`${hub}/owner/name/resolve/main/%2E%2E/x.ckpt`, 'no file "../x.ckpt"'],
    [`${hub}/owner/name/resolve/%zz/x.ckpt`, 'no revision ""'],
  ])("parseHubReference() throws when the address is %s", (text, reason) => {
    expect(() => parse(text)).toThrow(
      `Cannot find "${text}": ${reason} (http://127.0.0.1:8000/models/owner/name is wanted)`,
    );
  });

  it("parseHubReference() gives nothing that leaves a folder when the text is arbitrary", () => {
    const part = fc.oneof(fc.constantFrom("a", "..", ".", "", "x.ckpt", "%2e%2e", "@", "C:", "\\", "%2F"), fc.string());
    const text = fc.array(part, { maxLength: 8 }).map((parts) => parts.join("/"));
    const address = text.map((path) => `${hub}/owner/name/resolve/${path}`);
    fc.assert(
      fc.property(fc.oneof(text, address, fc.string()), (text) => {
        let reference;
        try {
          reference = parse(text);
        } catch (error) {
          expect((error as Error).message).toMatch(/^Cannot find "/);
          return;
        }
        expect(reference.repository).toMatch(/^[\w.-]+\/[\w.-]+$/);
        for (const path of [reference.repository, reference.file, reference.revision]) {
          if (path !== undefined) expect(isRepositoryPath(path)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
