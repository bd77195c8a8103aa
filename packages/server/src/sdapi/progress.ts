// /progress: how far the call is that runs.

import { decodeImage } from "@noisette/core/platform/node";
import { pictureBytes } from "@noisette/core/image/picture-file";
import { dataUrlBytes } from "../store/picture-bytes.ts";
import { timestamp } from "./answer.ts";
import { progressOf } from "./calls.ts";
import type { Call } from "./calls.ts";
import type { SdOptions } from "./options.ts";

/** The answer while `call` runs, or while nothing does. */
export async function progressAnswer(
  call: Call | undefined,
  { options, skipImage }: { readonly options: SdOptions; readonly skipImage: boolean },
) {
  const { done, remaining } = call === undefined ? { done: 0, remaining: 0 } : progressOf(call);
  const preview = skipImage ? undefined : call?.preview;
  return {
    // More than nothing as soon as it runs: clients take 0 for idle.
    progress: call?.isRunning ? Math.max(done, 0.01) : done,
    eta_relative: remaining,
    state: {
      skipped: call?.isSkipping ?? false,
      interrupted: call?.isInterrupted ?? false,
      stopping_generation: false,
      job: call?.job ?? "",
      job_count: call?.pictures ?? 0,
      job_timestamp: call === undefined ? "0" : timestamp(new Date(call.startedMs)),
      job_no: call === undefined ? 0 : call.before + call.finished,
      sampling_step: call?.step?.step ?? 0,
      sampling_steps: call?.step?.steps ?? 0,
    },
    current_image: preview === undefined ? null : await inFormat(preview, options.live_previews_image_format),
    textinfo: call === undefined || call.isRunning ? null : "Waiting...",
  };
}

async function inFormat(preview: string, format: SdOptions["live_previews_image_format"]): Promise<string> {
  const file = dataUrlBytes(preview);
  const bytes = format === "webp" ? file : await pictureBytes(await decodeImage(file), { format });
  return Buffer.from(bytes).toString("base64");
}
