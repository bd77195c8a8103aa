// Whether a graph can run, in the words that ComfyUI refuses one with.

import { isRecord } from "@noisette/core/util/is-record";
import { nodeKinds, choicesOf } from "./nodes.ts";
import type { Lists } from "./nodes.ts";

/** A node as it is sent. */
export interface SentNode {
  readonly class_type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Nodes by id. */
export type SentGraph = Readonly<Record<string, SentNode>>;

/** An answer that says no. */
export interface GraphError {
  readonly error: {
    readonly type: string;
    readonly message: string;
    readonly details: string;
    readonly extra_info: object;
  };
  readonly node_errors: Readonly<Record<string, object>>;
}

/** The error in ComfyUI's form. */
const graphError = (
  type: string,
  message: string,
  { details = "", nodes = {} }: { readonly details?: string; readonly nodes?: GraphError["node_errors"] } = {},
): GraphError => ({ error: { type, message, details, extra_info: {} }, node_errors: nodes });

/** What is wrong with `graph`; undefined when it is well. */
export function checkGraph(graph: unknown, lists: Lists): GraphError | undefined {
  if (!isRecord(graph) || Object.keys(graph).length === 0) return graphError("no_prompt", "No prompt provided");
  for (const [id, node] of Object.entries(graph)) {
    const type = isRecord(node) && isRecord(node.inputs) ? node.class_type : undefined;
    if (typeof type !== "string")
      return graphError("invalid_prompt", "Cannot execute because a node is missing the class_type property.", {
        details: `Node ID '#${id}'`,
      });
    if (!Object.hasOwn(nodeKinds, type))
      return graphError("missing_node_type", `Node '${type}' not found: it is none of those that are served.`, {
        details: `Node ID '#${id}'`,
      });
  }
  const nodes = graph as SentGraph;
  const outputs = Object.keys(nodes).filter((id) => nodeKinds[nodes[id].class_type].isOutput);
  if (outputs.length === 0) return graphError("prompt_no_outputs", "Prompt has no outputs");
  const wrong = Object.entries(nodes).flatMap(([id, node]) => {
    const errors = inputErrors(node, nodes, lists);
    return errors.length === 0
      ? []
      : [[id, { errors, dependent_outputs: outputs, class_type: node.class_type }] as const];
  });
  if (wrong.length === 0) return undefined;
  return graphError("prompt_outputs_failed_validation", "Prompt outputs failed validation", {
    nodes: Object.fromEntries(wrong),
  });
}

function inputErrors({ class_type, inputs }: SentNode, nodes: SentGraph, lists: Lists): object[] {
  const error = (name: string, type: string, message: string, details: string) => ({
    type,
    message,
    details,
    extra_info: { input_name: name },
  });
  return Object.entries(nodeKinds[class_type].required).flatMap(([name, input]) => {
    if (!Object.hasOwn(inputs, name)) return [error(name, "required_input_missing", "Required input is missing", name)];
    const value = inputs[name];
    if (Array.isArray(value)) {
      const source = nodes[String(value[0])] as SentNode | undefined;
      const [type] = input;
      const received = source && nodeKinds[source.class_type].output[Number(value[1])];
      if (value.length !== 2 || received === undefined)
        return [
          error(name, "bad_linked_input", "Bad linked input, must be a length-2 list of [node_id, slot_index]", name),
        ];
      return typeof type === "string" && received !== type
        ? [
            error(
              name,
              "return_type_mismatch",
              "Return type mismatch between linked nodes",
              `${name}, ${received} != ${type}`,
            ),
          ]
        : [];
    }
    // Uploads are looked for when the graph runs: their names may say where they are, "fox.png [output]".
    const choices = "image_upload" in (input[1] ?? {}) ? undefined : choicesOf(input, lists);
    if (choices !== undefined && !choices.includes(String(value)))
      return [
        error(
          name,
          "value_not_in_list",
          "Value not in list",
          `${name}: '${String(value)}' not in ${JSON.stringify(choices)}`,
        ),
      ];
    return [];
  });
}
