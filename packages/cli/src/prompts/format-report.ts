// A prompt that was laid out, as text for people.

import type { PromptWarning } from "@noisette/core/prompts/placed-text";
import type { PromptReport, PromptReportStage, ReportedToken } from "@noisette/core/prompts/prompt-report";

/** A report, and where it comes from. */
export interface ShownPrompt extends PromptReport {
  readonly role: "positive" | "negative";
  /** Name of the tokenizer in its model. */
  readonly tokenizer: string;
  /** What the prompt was drawn from. */
  readonly template?: string;
  readonly templateWarnings: readonly PromptWarning[];
}

/** All of `prompts` with the tokens' weights, where they are not 1, and their ids if wanted. */
export function formatPromptReport(prompts: readonly ShownPrompt[], { ids }: { readonly ids: boolean }): string {
  const several = new Set(prompts.map(({ tokenizer }) => tokenizer)).size > 1;
  return `${prompts.map((prompt) => lines(prompt, { ids, several }).join("\n")).join("\n\n")}\n`;
}

function lines(prompt: ShownPrompt, options: { ids: boolean; several: boolean }): string[] {
  const title = prompt.role === "positive" ? "prompt" : "negative prompt";
  return [
    `${title}${options.several ? ` (${prompt.tokenizer})` : ""}`,
    ...(prompt.template === undefined
      ? []
      : [...indented(prompt.template), ...prompt.templateWarnings.flatMap((w) => caret(prompt.template!, w)), "drawn"]),
    ...indented(prompt.prompt),
    ...[...(prompt.template === undefined ? prompt.templateWarnings : []), ...prompt.warnings].flatMap((warning) =>
      caret(prompt.prompt, warning),
    ),
    ...prompt.networks.map(({ start, end }) => `network ${prompt.prompt.slice(start, end)}`),
    ...prompt.parts.flatMap(({ weight, stages }, i) => [
      ...(prompt.parts.length === 1 && weight === 1 ? [] : [`part ${i + 1}, weight ${weight}`]),
      ...stages.flatMap((stage) => stageLines(stage, { ...options, calls: prompt.calls, text: prompt.prompt })),
    ]),
  ];
}

function stageLines(
  { calls, chunks, cutAt }: PromptReportStage,
  { ids, calls: all, text }: { ids: boolean; calls: number; text: string },
): string[] {
  const isWhole = calls.length === 1 && calls[0][0] === 1 && calls[0][1] === all;
  const ranges = calls.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(", ");
  return [
    ...(isWhole ? [] : [`  steps ${ranges} of ${all}`]),
    ...chunks.map((chunk, i) => {
      const head = `    chunk ${i + 1}, ${chunk.length} ${chunk.length === 1 ? "token" : "tokens"}`;
      return chunk.length === 0
        ? head
        : `${head}: ${conceptsTogether(chunk)
            .map((token) => tokenText(token, ids))
            .join(" ")}`;
    }),
    ...(cutAt === undefined ? [] : [`    cut off: ${JSON.stringify(text.slice(cutAt))}`]),
  ];
}

function tokenText({ text, id, weight, vectors }: ShownToken, ids: boolean): string {
  // Bytes of one character are tokens without a text of their own.
  const shown = text.replaceAll(/\s+/g, "␣");
  const factor = weight === 1 ? "" : `×${Number(weight.toPrecision(4))}`;
  const place = vectors > 0 ? `[${vectors === 1 ? "a vector" : `${vectors} vectors`}]` : ids ? `#${id}` : "";
  return `${shown}${place}${factor}`;
}

/** A token, or the vectors of a concept that stand in its place. */
interface ShownToken extends ReportedToken {
  readonly vectors: number;
}

/** The vectors of each mention of a concept as one. */
function conceptsTogether(chunk: readonly ReportedToken[]): ShownToken[] {
  const shown: ShownToken[] = [];
  for (const token of chunk) {
    const last = shown.at(-1);
    const goesOn = token.embedding !== undefined && last?.embedding === token.embedding && last.start === token.start;
    if (goesOn) shown[shown.length - 1] = { ...last, vectors: last.vectors + 1 };
    else shown.push({ ...token, vectors: token.embedding === undefined ? 0 : 1 });
  }
  return shown;
}

/** The line of `text` that a warning is about, with carets under it. */
function caret(text: string, { message, start, end }: PromptWarning): string[] {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const to = text.indexOf("\n", start) < 0 ? text.length : text.indexOf("\n", start);
  // A long line is shown around the place alone.
  const left = Math.max(from, start - 40);
  const right = Math.min(to, start + 30);
  const marks = "^".repeat(Math.max(1, Math.min(end, right) - start));
  return [
    `warning: ${message}`,
    `    ${left > from ? "…" : ""}${text.slice(left, right)}${right < to ? "…" : ""}`,
    `    ${" ".repeat(start - left + (left > from ? 1 : 0))}${marks}`,
  ];
}

const indented = (text: string): string[] => text.split("\n").map((line) => `    ${line}`);
