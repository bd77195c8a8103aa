// A1111's infotext, the text most tools read and write as a PNG's "parameters":
//
//   prompt, on any number of lines
//   Negative prompt: on any number of lines
//   Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512, Model: "a, b"
//
// The last line counts as fields when at least three are found in it; extensions put lines of their own behind it. Values
// are quoted as JSON strings where a comma would end them, or are JSON themselves (Civitai's hashes). Nothing is escaped in
// the prompts: a line of the prompt that begins with "Negative prompt:" begins the negative prompt.

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
  const wrong = given.find(([name]) => !wholeName.test(name));
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
  // Behind the fields, Dynamic Prompts writes "Template: …" and "Negative Template: …".
  const templates = lines.findIndex(
    (line, i) => i > 0 && /^(Negative )?Template:/.test(line) && hasFields(lines[i - 1]),
  );
  const end = templates < 0 ? lines.length : templates;
  const pairs = parseFields(lines[end - 1]);
  const found = pairs.length >= leastFields;
  const prompts = found ? lines.slice(0, end - 1) : lines;
  const negative = prompts.findIndex((line) => line.startsWith(negativeMark));
  const split = negative < 0 ? prompts.length : negative;
  return {
    prompt: prompts.slice(0, split).join("\n"),
    negativePrompt: prompts.slice(split).join("\n").slice(negativeMark.length).replace(/^ /, ""),
    fields: Object.fromEntries([...(found ? pairs : []), ...parseTemplates(lines.slice(end))]),
  };
}

const hasFields = (line: string): boolean => /^Steps: \d+,/.test(line) && parseFields(line).length >= leastFields;

function parseTemplates(lines: readonly string[]): [string, string][] {
  const parts = lines.join("\n").split(/(?:^|\n)(Template|Negative Template): ?/);
  return Array.from({ length: parts.length >> 1 }, (_, i) => [parts[2 * i + 1], parts[2 * i + 2]]);
}

/** The fields of one line. */
function parseFields(line: string): [string, string][] {
  const fields: [string, string][] = [];
  let unfinished = 0;
  namePattern.lastIndex = 0;
  for (let match = namePattern.exec(line); match !== null; match = namePattern.exec(line)) {
    const [start, name] = [namePattern.lastIndex, match[1]];
    const isJson = unfinished < mostUnfinished && "{[".includes(line.charAt(start) || " ");
    const endOfList = isJson ? endOfJson(line, start) : undefined;
    if (isJson && endOfList === undefined) unfinished++;
    const end = endOfList ?? endOfValue(line, start);
    fields.push([name, unquote(line.slice(start, end))]);
    namePattern.lastIndex = end + 1;
  }
  return fields;
}

/** Where the quoted or plain value at `start` ends. */
function endOfValue(line: string, start: number): number {
  quotedPattern.lastIndex = start;
  if (quotedPattern.test(line)) return quotedPattern.lastIndex;
  const comma = line.indexOf(",", start);
  return comma < 0 ? line.length : comma;
}

/** Where the JSON object or list at `start` ends, if the field ends with it. */
function endOfJson(line: string, start: number): number | undefined {
  jsonPart.lastIndex = start;
  let depth = 0;
  for (let part = jsonPart.exec(line); part !== null; part = jsonPart.exec(line)) {
    if ("{[".includes(part[0])) depth++;
    else if ("}]".includes(part[0])) depth--;
    if (depth > 0) continue;
    const end = jsonPart.lastIndex;
    return end === line.length || line[end] === "," ? end : undefined;
  }
  return undefined;
}

function position(name: string): number {
  if (lastFields.includes(name)) return fieldOrder.length + 1 + lastFields.indexOf(name);
  const known = fieldOrder.indexOf(name);
  return known < 0 ? fieldOrder.length : known;
}

// A name is limited to 64 characters only to keep the search linear in texts that are none.
const wholeName = /^[\p{L}\p{N}_][\p{L}\p{N}_ \-/]{1,63}(?<! )$/u;
const namePattern = /([\p{L}\p{N}_][\p{L}\p{N}_ \-/]{1,63}):\s*/gu;
const quotedPattern = /"(?:\\.|[^\\"])+"(?=,|$)/y;
// A list that does not end is looked through to the end of the line: after a few of them, no more.
const mostUnfinished = 4;
const jsonPart = /"(?:\\.|[^\\"])*"|[{}[\]]/g;

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
