// A1111's infotext, the text most tools read and write as a PNG's "parameters":
//
//   prompt, on any number of lines
//   Negative prompt: on any number of lines
//   Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512, Model: "a, b"
//
// The last line counts as fields when at least three are found in it. Nothing is escaped in the prompts: a line of the
// prompt that begins with "Negative prompt:" begins the negative prompt.

/** What an infotext says. */
export interface Infotext {
  readonly prompt: string;
  readonly negativePrompt: string;
  /** By A1111's names: "Steps", "Sampler", "CFG scale", "Seed", "Size" ("512x768"), … */
  readonly fields: Readonly<Record<string, string>>;
}

/** What `formatInfotext` takes: fields in any order, the undefined ones left out. */
export interface InfotextParts {
  readonly prompt: string;
  readonly negativePrompt?: string;
  readonly fields: Readonly<Record<string, string | number | undefined>>;
}

/** A1111's order. Other fields follow "Tiling". */
const fieldOrder = [
  "Steps",
  "Sampler",
  "Schedule type",
  "CFG scale",
  "Image CFG scale",
  "Seed",
  "Face restoration",
  "Size",
  "Model hash",
  "Model",
  "FP8 weight",
  "Cache FP16 weight for LoRA",
  "VAE hash",
  "VAE",
  "Variation seed",
  "Variation seed strength",
  "Seed resize from",
  "Denoising strength",
  "Conditional mask weight",
  "Clip skip",
  "ENSD",
  "Token merging ratio",
  "Token merging ratio hr",
  "Init image hash",
  "RNG",
  "Tiling",
];
const lastFields = ["Version", "User"];

const negativeMark = "Negative prompt:";
const leastFields = 3;

/** Writes an infotext. Throws RangeError on fewer than three fields, or a name that readers would not find. */
export function formatInfotext({ prompt, negativePrompt = "", fields }: InfotextParts): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (given.length < leastFields) {
    throw new RangeError(`Cannot write infotext: ${given.length} fields (readers want at least ${leastFields})`);
  }
  const wrong = given.find(([name]) => !namePattern.test(name));
  if (wrong) {
    throw new RangeError(
      `Cannot write infotext: field name ${JSON.stringify(wrong[0])} (two or more letters, digits, spaces, "-" and "/" are wanted)`,
    );
  }
  const lines = [
    ...(prompt === "" ? [] : [prompt]),
    ...(negativePrompt === "" ? [] : [`${negativeMark} ${negativePrompt}`]),
    given
      .sort(([a], [b]) => position(a) - position(b))
      .map(([name, value]) => `${name}: ${quote(String(value))}`)
      .join(", "),
  ];
  return lines.join("\n");
}

/** Reads an infotext. Any text is one: without fields it is a prompt. */
export function parseInfotext(text: string): Infotext {
  const lines = text.trimEnd().split("\n");
  const pairs = [...lines.at(-1)!.matchAll(pairPattern)].map(([, name, value]) => [name, unquote(value)] as const);
  const found = pairs.length >= leastFields;
  const prompts = found ? lines.slice(0, -1) : lines;
  const negative = prompts.findIndex((line) => line.startsWith(negativeMark));
  const split = negative < 0 ? prompts.length : negative;
  return {
    prompt: prompts.slice(0, split).join("\n"),
    negativePrompt: prompts.slice(split).join("\n").slice(negativeMark.length).replace(/^ /, ""),
    fields: Object.fromEntries(found ? pairs : []),
  };
}

function position(name: string): number {
  if (lastFields.includes(name)) return fieldOrder.length + 1 + lastFields.indexOf(name);
  const known = fieldOrder.indexOf(name);
  return known < 0 ? fieldOrder.length : known;
}

// A name is limited to 64 characters only to keep the search linear in texts that are none.
const namePattern = /^[\p{L}\p{N}_][\p{L}\p{N}_ \-/]{1,63}(?<! )$/u;
const pairPattern = /([\p{L}\p{N}_][\p{L}\p{N}_ \-/]{1,63}):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)/gu;

/** A JSON string where the plain text would end early, begin as a string, or lose its outer spaces. */
function quote(value: string): string {
  return value === "" || /[,:\p{Cc}\u2028\u2029]|^[\s"]|\s$/u.test(value) ? JSON.stringify(value) : value;
}

function unquote(value: string): string {
  if (!/^".*"$/s.test(value)) return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === "string" ? parsed : value;
  } catch {
    return value; // quotes that are the value's own
  }
}
