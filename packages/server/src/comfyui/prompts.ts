// Graphs that were queued: their jobs, what clients are told of them while they run, and the history.

import { pictureBytes } from "@noisette/core/image/picture-file";
import { decodeImage } from "@noisette/core/platform/node";
import { valueOf } from "@noisette/core/metadata/comfyui-graph";
import type { JobRow } from "../catalogue/jobs.ts";
import { problemOfError } from "../guard/refuse.ts";
import { acceptJob } from "../jobs/accept-job.ts";
import { cancelJob } from "../jobs/cancel-job.ts";
import { followJob } from "../jobs/follow-job.ts";
import type { JobEvent } from "../schema/job-event.ts";
import type { Services } from "../services.ts";
import { dataUrlBytes } from "../store/picture-bytes.ts";
import type { SentGraph } from "./check-graph.ts";
import type { GraphJob } from "./graph-job.ts";
import { outputFile } from "./input-files.ts";
import type { NamedFile } from "./input-files.ts";
import type { Sockets } from "./sockets.ts";

/** What a client sent. */
export interface SentPrompt {
  readonly owner: string;
  readonly client: string | undefined;
  readonly graph: SentGraph;
  readonly job: GraphJob;
  readonly extraData: object;
  /** Goes before all others. */
  readonly isFront: boolean;
}

/** A queued graph; its id is its job's. */
export interface Prompt extends SentPrompt {
  readonly id: string;
  readonly number: number;
  state: "waiting" | "running" | "success" | "error" | "interrupted";
  /** Files by the node that saved them. */
  outputs: Readonly<Record<string, { readonly images: readonly NamedFile[] }>>;
  readonly messages: (readonly [type: string, data: object])[];
}

/** The graphs of a server. */
export interface Prompts {
  add(sent: SentPrompt): Promise<Prompt>;
  /** Those of an owner, the oldest first. */
  list(owner: string): readonly Prompt[];
  /** Ends those that wait or run, of these ids or all. */
  cancel(
    owner: string,
    options: { readonly states: readonly Prompt["state"][]; readonly ids?: readonly string[] },
  ): Promise<void>;
  /** Forgets those that are over, of these ids or all. */
  forget(owner: string, ids?: readonly string[]): void;
  /** Tells a client that came (again) where things stand. */
  greet(client: string, owner: string): void;
}

/** So many are remembered when they are over. */
const mostFinished = 500;

const isOpen = ({ state }: Prompt): boolean => state === "waiting" || state === "running";

/** The entry of /queue. */
export const queueEntry = ({ number, id, graph, extraData, job }: Prompt): readonly unknown[] => [
  number,
  id,
  graph,
  extraData,
  job.outputs.map((node) => node.id),
];

/** The entry of /history. */
export const historyEntry = (prompt: Prompt): object => ({
  prompt: queueEntry(prompt),
  outputs: prompt.outputs,
  status: {
    status_str: prompt.state === "success" ? "success" : "error",
    completed: prompt.state === "success",
    messages: prompt.messages,
  },
  meta: Object.fromEntries(
    prompt.job.outputs.map(({ id }) => [id, { node_id: id, display_node: id, parent_node: null, real_node_id: id }]),
  ),
});

/** The number of those that wait or run, as status messages and GET /prompt tell it. */
export const queueStatus = (prompts: readonly Prompt[]) => ({
  exec_info: { queue_remaining: prompts.filter(isOpen).length },
});

/** The graphs of the server with these services. */
export function openPrompts(services: Services, sockets: Sockets): Prompts {
  const prompts = new Map<string, Prompt>();
  let count = 0;

  const list = (owner: string) => [...prompts.values()].filter((prompt) => prompt.owner === owner);
  const tellStatus = (owner: string) => sockets.broadcast(owner, "status", { status: queueStatus(list(owner)) });

  function tell(prompt: Prompt, type: string, data: object): void {
    const message = { ...data, prompt_id: prompt.id };
    if (type.startsWith("execution_")) prompt.messages.push([type, { ...message, timestamp: Date.now() }]);
    sockets.send(prompt.client, type, type.startsWith("execution_") ? { ...message, timestamp: Date.now() } : message);
  }

  const executing = (prompt: Prompt, node: string | null) => tell(prompt, "executing", { node, display_node: node });

  async function follow(prompt: Prompt, row: JobRow): Promise<void> {
    const images: string[] = [];
    try {
      for await (const event of followJob(services, row, { signal: new AbortController().signal }))
        await note(prompt, event, images);
    } catch (error) {
      fail(prompt, problemOfError(error).detail);
    }
    tellStatus(prompt.owner);
    const over = [...prompts.values()].filter((one) => !isOpen(one));
    for (const { id } of over.slice(0, Math.max(0, over.length - mostFinished))) prompts.delete(id);
  }

  async function note(prompt: Prompt, event: JobEvent, images: string[]): Promise<void> {
    const { sampler } = prompt.job;
    switch (event.kind) {
      case "started":
        prompt.state = "running";
        tell(prompt, "execution_start", {});
        tell(prompt, "execution_cached", { nodes: [] });
        executing(prompt, sampler);
        return;
      case "step": {
        const all = totalSteps(prompt, event.steps);
        tell(prompt, "progress", { value: event.picture * event.steps + event.step, max: all, node: sampler });
        return;
      }
      case "preview":
        sockets.sendPreview(prompt.client, await asJpeg(event.image));
        return;
      case "image":
        images.push(event.image.id);
        return;
      case "done":
        finish(prompt, images);
        return;
      case "failed":
        fail(prompt, event.error.detail);
        return;
      case "cancelled":
        prompt.state = "interrupted";
        tell(prompt, "execution_interrupted", { ...nodeOf(prompt), executed: [] });
        executing(prompt, null);
    }
  }

  function finish(prompt: Prompt, images: readonly string[]): void {
    prompt.outputs = Object.fromEntries(prompt.job.outputs.map((node) => [node.id, { images: filesOf(node, images) }]));
    // The history is complete before anybody hears of the end.
    prompt.state = "success";
    for (const { id } of prompt.job.outputs) {
      executing(prompt, id);
      tell(prompt, "executed", { node: id, display_node: id, output: prompt.outputs[id] });
    }
    tell(prompt, "execution_success", {});
    executing(prompt, null);
  }

  function fail(prompt: Prompt, message: string): void {
    prompt.state = "error";
    tell(prompt, "execution_error", {
      ...nodeOf(prompt),
      executed: [],
      exception_message: message,
      exception_type: "Error",
      traceback: [],
      current_inputs: {},
      current_outputs: [],
    });
    executing(prompt, null);
  }

  return {
    list,
    async add(sent) {
      const request = { ...sent.job.request, priority: sent.isFront ? 10 : 0 };
      const row = await acceptJob(services, request, { owner: sent.owner });
      const prompt: Prompt = { ...sent, id: row.id, number: count++, state: "waiting", outputs: {}, messages: [] };
      prompts.set(prompt.id, prompt);
      tellStatus(prompt.owner);
      void follow(prompt, row);
      return prompt;
    },
    async cancel(owner, { states, ids }) {
      const chosen = list(owner).filter(({ state, id }) => states.includes(state) && (ids?.includes(id) ?? true));
      await Promise.all(chosen.map(({ id }) => cancelJob(services, id)));
    },
    forget(owner, ids) {
      for (const prompt of list(owner))
        if (!isOpen(prompt) && (ids?.includes(prompt.id) ?? true)) prompts.delete(prompt.id);
    },
    greet(client, owner) {
      sockets.send(client, "status", { status: queueStatus(list(owner)), sid: client });
      const running = list(owner).find((prompt) => prompt.client === client && prompt.state === "running");
      if (running !== undefined) executing(running, running.job.sampler);
    },
  };
}

function totalSteps({ job: { request } }: Prompt, steps: number): number {
  const count = request.task === "generate" ? (request.options.count ?? 1) : 1;
  return steps * count;
}

const nodeOf = ({ graph, job: { sampler } }: Prompt) => ({ node_id: sampler, node_type: graph[sampler].class_type });

function filesOf(node: GraphJob["outputs"][number], images: readonly string[]): NamedFile[] {
  if (node.type === "PreviewImage") return images.map((id) => outputFile(id, "ComfyUI_temp", "temp"));
  const prefix = valueOf(new Map(), node, "filename_prefix");
  return images.map((id) => outputFile(id, typeof prefix === "string" ? prefix : "ComfyUI", "output"));
}

async function asJpeg(url: string): Promise<Uint8Array> {
  return pictureBytes(await decodeImage(dataUrlBytes(url)), { format: "jpeg" });
}
