// Main program of the browser's engine worker.

import * as ort from "onnxruntime-web/webgpu";
import type { ReplyMessage, RequestMessage } from "./protocol.ts";
import { serve } from "./service.ts";

serve(
  {
    send: (message: ReplyMessage) => postMessage(message),
    onMessage: (handle) => addEventListener("message", ({ data }) => handle(data as RequestMessage)),
  },
  ort as never,
  () => undefined,
);
