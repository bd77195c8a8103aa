// The grammar of prompts that change while a picture is made, as AUTOMATIC1111 documents it:
//
//   [from:to:when]   [to:when]   [from::when]     one text before a step, another after it
//   [a|b|…]                                       another text at every step
//   (…)  (…:…)  […]                               brackets that belong to weights: text here, but they must balance
//   \x                                            an escaped character, never a bracket
//
// Any string is a prompt. A bracket without its partner, or around what is none of these, is text, and so are all the
// brackets that are open around it. One pass with a stack: linear in the length.

import type { PlacedText } from "./placed-text.ts";
import { joinPlaced, slicePlaced } from "./placed-text.ts";

/** A piece of a prompt's tree. */
export type PromptNode =
  /** Text as it was written, brackets of weights included. */
  | { readonly kind: "text"; readonly text: PlacedText }
  /** `before` up to the step that `when` says, then `after`. `before` is left out in [to:when]. */
  | {
      readonly kind: "scheduled";
      readonly before: readonly PromptNode[] | undefined;
      readonly after: readonly PromptNode[];
      /** The number as it was written, white space included: "3" is a step, "0.3" and "3.0" parts of the run. */
      readonly when: PlacedText;
    }
  /** One option after the other, round and round. */
  | { readonly kind: "alternating"; readonly options: readonly (readonly PromptNode[])[] };

type Separator = { readonly kind: "separator"; readonly text: PlacedText };
type Item = PromptNode | Separator;

/** An open bracket and what follows it. */
interface Frame {
  readonly open: PlacedText;
  readonly items: Item[];
}

// Deeper nesting is text: nobody writes it, and walking a tree of any depth would overflow the stack.
const deepest = 200;
const number = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/** The tree of a prompt. Never throws; `printPrompt` of the result is the prompt again. */
export function parsePrompt(prompt: PlacedText): readonly PromptNode[] {
  const root: Item[] = [];
  const stack: Frame[] = [];
  const top = (): Item[] => stack.at(-1)?.items ?? root;
  const unit = (at: number): PlacedText => slicePlaced(prompt, at, at + 1);
  const spill = (): void => {
    for (const { open, items } of stack.splice(0)) root.push(textNode(open), ...items);
  };
  const close = (at: number): void => {
    const frame = stack.at(-1);
    const nodes = frame && closed(frame, unit(at));
    if (nodes === undefined) {
      spill();
      root.push(textNode(unit(at)));
    } else {
      stack.pop();
      top().push(...nodes);
    }
  };

  const pattern = /\\[\s\S]|[^\\[\]():|]+|[\s\S]/g;
  for (const { 0: token, index } of prompt.text.matchAll(pattern)) {
    if (token === "(" || token === "[") {
      if (stack.length === deepest) spill();
      stack.push({ open: unit(index), items: [] });
    } else if (token === ")" || token === "]") close(index);
    else if (token === ":" || token === "|") top().push({ kind: "separator", text: unit(index) });
    else top().push(textNode(slicePlaced(prompt, index, index + token.length)));
  }
  spill();
  return asText(root);
}

/** The prompt that the tree is of. */
export const printPrompt = (nodes: readonly PromptNode[]): string => nodes.map(printNode).join("");

function printNode(node: PromptNode): string {
  switch (node.kind) {
    case "text":
      return node.text.text;
    case "alternating":
      return `[${node.options.map(printPrompt).join("|")}]`;
    case "scheduled": {
      const before = node.before === undefined ? "" : `${printPrompt(node.before)}:`;
      return `[${before}${printPrompt(node.after)}:${node.when.text}]`;
    }
  }
}

/** What a bracket and its partner make; undefined when they make nothing, and are text. */
function closed({ open, items }: Frame, partner: PlacedText): PromptNode[] | undefined {
  const colons = items.flatMap((item, i) => (isSeparator(item, ":") ? [i] : []));
  const asWritten = [textNode(open), ...asText(items), textNode(partner)];
  if (open.text === "(") return partner.text === ")" && colons.length <= 1 ? asWritten : undefined;
  if (partner.text !== "]") return undefined;
  if (colons.length === 0) {
    const options = splitAt(items, "|");
    return options.length > 1 ? [{ kind: "alternating", options }] : asWritten;
  }
  const when = items.slice(colons.at(-1)! + 1);
  if (colons.length > 2 || when.length !== 1 || when[0].kind !== "text" || !number.test(when[0].text.text))
    return undefined;
  const parts = splitAt(items.slice(0, colons.at(-1)), ":");
  return [
    {
      kind: "scheduled",
      before: parts.length === 2 ? parts[0] : undefined,
      after: parts.at(-1)!,
      when: when[0].text,
    },
  ];
}

const isSeparator = (item: Item, text: ":" | "|"): boolean => item.kind === "separator" && item.text.text === text;
const textNode = (text: PlacedText): PromptNode => ({ kind: "text", text });

function splitAt(items: readonly Item[], separator: ":" | "|"): PromptNode[][] {
  const parts: Item[][] = [[]];
  for (const item of items) {
    if (isSeparator(item, separator)) parts.push([]);
    else parts.at(-1)!.push(item);
  }
  return parts.map(asText);
}

/** The items with what separates nothing as text, and neighbouring texts as one. */
function asText(items: readonly Item[]): PromptNode[] {
  const nodes: PromptNode[] = [];
  let texts: PlacedText[] = [];
  const flush = () => {
    if (texts.length > 0) nodes.push(textNode(joinPlaced(texts)));
    texts = [];
  };
  for (const item of items) {
    if (item.kind === "text" || item.kind === "separator") texts.push(item.text);
    else {
      flush();
      nodes.push(item);
    }
  }
  flush();
  return nodes;
}
