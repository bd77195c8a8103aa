// Where the bundled model is: how much of it has come, and what it runs on.

import { learnText } from "../learn/text/text.ts";
import { ProblemNote } from "../ui/problem-note.tsx";
import { ProgressBar } from "../ui/progress-bar.tsx";
import { modelState, openModel } from "./model.ts";

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** One line about the model. */
export function ModelBar() {
  const t = learnText.value.model;
  const state = modelState.value;
  if (state.kind === "failed")
    return (
      <div class="model-bar">
        <ProblemNote error={state.error} />
        <button type="button" class="button small" onClick={() => void openModel().catch(() => undefined)}>
          {t.again}
        </button>
      </div>
    );
  if (state.kind === "loading") {
    const { receivedBytes, totalBytes } = state;
    const isThere = receivedBytes >= totalBytes;
    const words = isThere ? t.starting : t.loading(megabytes(receivedBytes), megabytes(totalBytes));
    return (
      <div class="model-bar">
        <span>{words}</span>
        <ProgressBar done={receivedBytes / totalBytes} label={words} />
      </div>
    );
  }
  if (state.kind === "idle") return <div class="model-bar">{t.idle}</div>;
  const { device, notices, isKept } = state.facts;
  return (
    <div class="model-bar" title={notices.join("\n")}>
      <span class="ready" data-testid="device" data-device={device}>
        {t.ready(t.devices[device])}
        {isKept && ` · ${t.kept}`}
      </span>
    </div>
  );
}
