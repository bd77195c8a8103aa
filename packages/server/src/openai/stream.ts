// The streams of generations and edits: partial pictures as they come, then the finished ones (server-sent events).

import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { JobRow } from "../catalogue/jobs.ts";
import { errorForm } from "../guard/error-forms.ts";
import { problemOfError } from "../guard/refuse.ts";
import { awaitAccepted } from "../jobs/await-job.ts";
import type { StreamGate } from "../routes/event-stream.ts";
import type { JobEvent } from "../schema/job-event.ts";
import type { RequestOf } from "../schema/job-request.ts";
import type { Services } from "../services.ts";
import { dataUrlBytes } from "../store/picture-bytes.ts";
import type { Edit, Generation } from "./fields.ts";
import { formedPreview } from "../store/picture-form.ts";
import type { PictureForm } from "../store/picture-form.ts";

/** What a stream is made of. */
export interface ImageStream {
  readonly services: Services;
  readonly gate: StreamGate;
  readonly name: "image_generation" | "image_edit";
  readonly rows: readonly JobRow[];
  readonly body: Generation | Edit;
  readonly form: PictureForm;
  /** A finished picture of the gallery in base64. */
  readonly finished: (id: string) => Promise<string>;
}

/** The stream of these jobs. Whoever leaves it cancels them. */
export function streamImages(c: Context, { services, gate, name, rows, body, form, finished }: ImageStream): Response {
  const leave = gate.enter();
  const { partial_images: most, output_format, quality, background } = body;
  return streamSSE(c, async (stream) => {
    const ended = new AbortController();
    stream.onAbort(() => ended.abort());
    const send = (kind: string, more: object) =>
      stream.writeSSE({
        event: `${name}.${kind}`,
        data: JSON.stringify({
          type: `${name}.${kind}`,
          created_at: Math.floor(Date.now() / 1000),
          output_format,
          quality,
          background,
          ...more,
        }),
      });
    try {
      for (const row of rows) {
        const sent = new Map<number, number>();
        const size = sizeOf(row);
        const onEvent = async (event: JobEvent) => {
          if (event.kind === "preview") {
            const index = sent.get(event.picture) ?? 0;
            if (index >= most) return;
            sent.set(event.picture, index + 1);
            const file = await formedPreview(dataUrlBytes(event.image), { form, size });
            const b64_json = Buffer.from(file).toString("base64");
            await send("partial_image", { b64_json, partial_image_index: index, size: body.size });
          }
          if (event.kind === "image") {
            const { id, width, height } = event.image;
            await send("completed", { b64_json: await finished(id), size: `${width}x${height}` });
          }
        };
        await awaitAccepted(services, row, { signal: ended.signal, onEvent });
      }
    } catch (error) {
      if (ended.signal.aborted) return;
      const told = errorForm(problemOfError(error), c.req.path);
      await stream.writeSSE({ event: "error", data: JSON.stringify(told.body) });
    } finally {
      leave();
    }
  });
}

/** Of the finished picture, where the request says it. */
function sizeOf(row: JobRow): { width: number; height: number } | undefined {
  const { width, height } = (row.request as RequestOf<"generate">).options;
  return width === undefined || height === undefined ? undefined : { width, height };
}
