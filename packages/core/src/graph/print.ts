// A graph as readable text: one line per value, with module path, shape and operands. For people, snapshots and diffs.

import { dimsText } from "./dim.ts";
import type { Graph } from "./graph.ts";
import type { Value } from "./value.ts";

/** The graph as text, e.g. `%3 float32[batch, 8, h, w] = conv2d(%0, conv_in.weight) {stride: 1}   # conv_in`. */
export function printGraph({ name, outputs, values }: Graph): string {
  const labels = new Map<Value, string>();
  const lines: string[] = [];
  let computed = 0;
  for (const value of values) {
    const attributes = (value.attributes ?? {}) as Readonly<Record<string, unknown>>;
    if (value.op.name === "input" || value.op.name === "parameter") {
      labels.set(value, String(attributes.name));
      if (value.op.name === "input") lines.push(`input ${attributes.name}: ${value.type}${dimsText(value.dims)}`);
      continue;
    }
    const label = `%${computed++}`;
    labels.set(value, label);
    const operands = value.inputs.map((input) => labels.get(input)).join(", ");
    const shown = Object.entries(attributes)
      .filter(([key]) => !evident.has(key))
      .map(([key, attribute]) => `${key}: ${JSON.stringify(attribute, (_, v) => v?.text ?? v)}`);
    const settings = shown.length === 0 ? "" : ` {${shown.join(", ")}}`;
    const scope = value.scope === "" ? "" : `   # ${value.scope}`;
    lines.push(`${label} ${value.type}${dimsText(value.dims)} = ${value.op.name}(${operands})${settings}${scope}`);
  }
  const results = Object.entries(outputs).map(([key, value]) => `output ${key} = ${labels.get(value)}`);
  return [`graph ${name}`, ...lines, ...results, ""].join("\n");
}

/** Attributes that the result's signature shows, and values of constants. */
const evident = new Set(["type", "dims", "data"]);
