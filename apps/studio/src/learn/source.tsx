// The picture that the chapters on noise and latents take apart: the hazelnut, what the model drew, or one's own.

import { computed, effect, signal } from "@preact/signals";
import type { Image } from "@noisette/core/image/image";
import type { Tensor } from "@noisette/core/tensor/tensor";
import { imageOf } from "../browser/picture.tsx";
import { encode, modelState } from "../browser/model.ts";
import hazelnut from "../shell/noisette.svg";
import { FileButton } from "../ui/file-button.tsx";
import { learnText } from "./text/text.ts";
import { trace } from "./trace.ts";
import { useTrace } from "./use-trace.ts";

const kinds = ["hazelnut", "made"] as const;
const kind = signal<(typeof kinds)[number] | "own">("hazelnut");
const own = signal<ImageBitmap | undefined>(undefined);
const drawn = signal<Image | undefined>(undefined);

/** The picture in the model's size, on white where the model knows no transparency; undefined until it is there. */
export function sourcePicture(): Image | undefined {
  return kind.value === "made" ? trace.value.value.result?.image : drawn.value;
}

/** Its latents [1,C,h,w], once the model has encoded it; undefined until then. */
export const sourceLatents = signal<Tensor | undefined>(undefined);

effect(() => {
  const picture = sourcePicture();
  sourceLatents.value = undefined;
  if (picture === undefined || modelState.value.kind !== "ready" || picture.width !== nativeSide()) return;
  encode(picture).then(
    (latents) => {
      if (sourcePicture() === picture) sourceLatents.value = latents;
    },
    () => undefined, // the model went away: its line says so
  );
});

/** Width and height of what the model takes, in pixels: 64 while there is no model. */
function nativeSide(): number {
  const { value: state } = modelState;
  return state.kind === "ready" ? state.facts.latentDims[3] * state.facts.factor : 64;
}

const side = computed(nativeSide);
const ground = computed(() =>
  modelState.value.kind === "ready" && modelState.value.facts.channels === 3 ? "white" : undefined,
);

// Draws the hazelnut or the reader's picture in the size that the model takes.
effect(() => {
  const size = { width: side.value, height: side.value };
  const [picture, under] = [kind.value === "own" ? own.value : undefined, ground.value];
  const source = picture === undefined ? vectorPicture(hazelnut, size) : Promise.resolve(picture);
  void source.then((source) => (drawn.value = imageOf(source, size, under)));
});

async function vectorPicture(
  url: string,
  { width, height }: { width: number; height: number },
): Promise<HTMLImageElement> {
  const image = new Image(width, height);
  image.src = url;
  await image.decode();
  return image;
}

/** The choice, and what draws it. */
export function SourceChoice() {
  const t = learnText.value.source;
  useTrace(kind.value === "made");
  return (
    <div class="row" role="group" aria-label={t.label}>
      {kinds.map((name) => (
        <button
          key={name}
          type="button"
          class="button small"
          aria-pressed={kind.value === name}
          onClick={() => (kind.value = name)}
        >
          {t[name]}
        </button>
      ))}
      <FileButton
        class="button small"
        onFiles={async ([file]) => {
          own.value = await createImageBitmap(file);
          kind.value = "own";
        }}
      >
        {t.own}
      </FileButton>
    </div>
  );
}
