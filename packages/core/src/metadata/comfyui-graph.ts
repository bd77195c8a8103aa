// ComfyUI's graphs: the one it runs ("prompt": nodes with their inputs by name), and the one its page draws ("workflow":
// nodes with values by place and a list of links), which is brought into the first form.

import { bypassed, widgetNames } from "./comfyui-widgets.ts";
import { isRecord } from "../util/is-record.ts";
import { parseRecord } from "./json.ts";
import type { Json } from "./json.ts";

/** A node with its inputs: plain values, or links to another node's output. */
export interface GraphNode {
  readonly id: string;
  readonly type: string;
  readonly inputs: Json;
}

/** An output of a node. */
export interface Link {
  readonly node: GraphNode;
  readonly slot: number;
}

/** Deepest chain of nodes that make a value: two of them may be joined at each. */
const deepestValue = 6;

/** The nodes by id. */
export type Graph = ReadonlyMap<string, GraphNode>;

/** Deepest chain of nodes that is followed: more than any person draws, and an end to circles. */
export const deepestChain = 200;

/** The graph that `text` is; undefined when it is none. Long integers come as strings of their digits. */
export function parseGraph(text: string): Graph | undefined {
  const json = parseRecord(longIntegersAsText(text));
  if (json === undefined) return undefined;
  return Array.isArray(json.nodes) ? workflowGraph(json) : apiGraph(json);
}

function apiGraph(json: Json): Graph | undefined {
  const nodes = Object.entries(json).flatMap(([id, node]): [string, GraphNode][] =>
    isRecord(node) && typeof node.class_type === "string"
      ? [[id, { id, type: node.class_type, inputs: isRecord(node.inputs) ? node.inputs : {} }]]
      : [],
  );
  return nodes.length === 0 ? undefined : new Map(nodes);
}

/** The JSON text with integers of 16 digits and more as strings: seeds go up to 2⁶⁴, beyond what a JavaScript number holds. */
export const longIntegersAsText = (text: string): string =>
  text.replace(/"[^"\\]*(?:\\[^][^"\\]*)*"|(?<![\d.eE+-])\d{16,}(?![\d.eE])/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );

/** What `input` of `node` is linked to, through nodes that only pass it on. */
export function linked(graph: Graph, node: GraphNode, input: string): Link | undefined {
  let at: GraphNode = node;
  let name = input;
  for (let depth = 0; depth < deepestChain; depth++) {
    const value = own(at.inputs, name);
    if (!Array.isArray(value) || value.length !== 2 || typeof value[1] !== "number") return undefined;
    const target = graph.get(String(value[0]));
    if (target === undefined) return undefined;
    const next = /^Reroute\b/.test(target.type)
      ? Object.keys(target.inputs).find((key) => Array.isArray(target.inputs[key]))
      : undefined;
    if (next === undefined) return { node: target, slot: value[1] };
    [at, name] = [target, next];
  }
  return undefined;
}

/** Inputs that hold the value of a node which is nothing but a value. */
const valueInputs = [
  "value",
  "text",
  "string",
  "seed",
  "noise_seed",
  "int",
  "float",
  "number",
  "Value",
  "Text",
  "prompt",
];

/** The value of `input`, also where it comes from a node that is a value, or joins texts; undefined when it is not known. */
export function valueOf(graph: Graph, node: GraphNode, input: string, depth = 0): unknown {
  const value = own(node.inputs, input);
  if (!Array.isArray(value)) return isRecord(value) && "content" in value ? value.content : value;
  const source = linked(graph, node, input)?.node;
  if (source === undefined || depth > deepestValue) return undefined;
  if (source.type === "StringConcatenate") {
    const parts = ["string_a", "string_b"].map((name) => valueOf(graph, source, name, depth + 1) ?? "");
    return parts.join(String(valueOf(graph, source, "delimiter", depth + 1) ?? ""));
  }
  const named = valueInputs.find((name) => Object.hasOwn(source.inputs, name));
  if (named !== undefined) return valueOf(graph, source, named, depth + 1);
  const values = Object.values(source.inputs).filter((one) => typeof one === "string" || typeof one === "number");
  return values.length === 1 ? values[0] : undefined;
}

/** The page's graph in the other form: what is muted left out, what is bypassed passing its inputs on. */
function workflowGraph(json: Json): Graph {
  const links = new Map<unknown, readonly [origin: string, slot: unknown]>();
  for (const link of Array.isArray(json.links) ? (json.links as unknown[]) : []) {
    if (Array.isArray(link)) links.set(link[0], [String(link[1]), link[2]]);
    else if (isRecord(link)) links.set(link.id, [String(link.origin_id), link.origin_slot]);
  }
  const drawn = (json.nodes as unknown[]).filter(isRecord).filter(({ mode }) => mode !== muted);
  const byId = new Map(drawn.map((node) => [String(node.id), node]));
  const source = (link: unknown): readonly [string, unknown] | undefined => {
    let at = links.get(link);
    for (let depth = 0; at !== undefined && depth < deepestChain; depth++) {
      const node = byId.get(at[0]);
      if (node?.mode !== bypassMode) return node === undefined ? undefined : at;
      at = links.get(bypassed(node, at[1]));
    }
    return undefined;
  };
  const nodes = drawn.map((node): [string, GraphNode] => {
    const id = String(node.id);
    const type = String(node.type);
    const inputs = listOf(node.inputs).filter(isRecord);
    const linksIn = inputs.flatMap(({ name, link }): [string, unknown][] => {
      const from = link === null || link === undefined ? undefined : source(link);
      return from === undefined ? [] : [[String(name), [...from]]];
    });
    return [id, { id, type, inputs: Object.fromEntries([...widgetNames(type, node), ...linksIn]) }];
  });
  return new Map(nodes.filter(([, { id }]) => byId.get(id)!.mode !== bypassMode));
}

const muted = 2;
const bypassMode = 4;

const own = (record: Json, name: string): unknown => (Object.hasOwn(record, name) ? record[name] : undefined);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
