// The task "generate": pictures from a prompt, each in the gallery as soon as it is finished.

import type { GenerateEvent, GenerateInputs, Image, Model } from "@noisette/core";
import { encodeImage, resizeBitmap } from "@noisette/core/platform/node";
import { nothingPassed } from "../content/nothing-passed.ts";
import { usableModel, usableNetwork } from "./accept-job.ts";
import { modelResident, upscalerResident } from "./open-networks.ts";
import { inputPicture, keepPicture } from "./pictures.ts";
import type { Task, TaskContext } from "./run-job.ts";
import { servedAdapters } from "./served-adapters.ts";

type Context = TaskContext<"generate">;
type Inputs = Pick<
  GenerateInputs,
  | "init"
  | "mask"
  | "depth"
  | "controls"
  | "ipAdapters"
  | "adapters"
  | "wildcards"
  | "refiner"
  | "upscaler"
  | "gate"
  | "pictures"
>;

/** Makes the pictures of the request that the gallery does not have yet. */
export const generate: Task<"generate"> = async (context) => {
  const { services, job, request, isFirst, signal } = context;
  const total = [request.options.prompt].flat().length * request.options.count;
  const made = new Set(isFirst ? [] : await services.catalogue.images.made(job));
  const pictures = Array.from({ length: total }, (_, i) => i).filter((picture) => !made.has(picture));
  if (pictures.length === 0) return total;

  const [init, mask, depth] = await Promise.all(
    [request.init, request.mask, request.depth].map((id) => inputPicture(services, id)),
  );
  const inputs: Inputs = {
    pictures,
    ...(init && { init }),
    ...(mask && { mask }),
    ...(depth && { depth }),
    ...(await companions(context)),
    adapters: await servedAdapters(services.adapterFolder),
    wildcards: await services.wildcards(),
    gate: services.contentGate,
  };
  const model = await usableModel(services, request.model);
  if (model.notice !== undefined) await context.notice(model.notice);
  const key = modelResident(model, services.engineSettings);
  if (!services.engines.open().includes(key.key)) context.tell({ kind: "loading", model: model.id });
  const keeping = keepingInTurn(context);
  let refused: number;
  try {
    refused = await services.engines.use(key, signal, (opened) =>
      withRefiner(context, inputs, (withOne) =>
        withUpscaler(context, withOne, (all) => makePictures(context, opened, { ...all, total, keep: keeping.add })),
      ),
    );
    context.release();
  } finally {
    await keeping.end();
  }
  if (refused === total) throw nothingPassed();
  return total - refused;
};

/** ControlNets and IP-Adapters with their pictures. */
async function companions({ services, request }: Context): Promise<Pick<Inputs, "controls" | "ipAdapters">> {
  const { controls, ipAdapters } = request;
  return {
    ...(controls && {
      controls: await Promise.all(
        controls.map(async ({ network, image, ...option }) => {
          const { path } = await usableNetwork(services, network, ["controlnet", "t2i-adapter"]);
          const picture = await inputPicture(services, image);
          return { path, ...option, ...(picture && { image: picture }) };
        }),
      ),
    }),
    ...(ipAdapters && {
      ipAdapters: await Promise.all(
        ipAdapters.map(async ({ network, images, ...option }) => {
          const { path } = await usableNetwork(services, network, ["ip-adapter"]);
          const pictures = await Promise.all(images.map((image) => inputPicture(services, image)));
          return { path, ...option, images: pictures.map((picture) => picture!) };
        }),
      ),
    }),
  };
}

async function withRefiner(
  { services, request, signal }: Context,
  inputs: Inputs,
  work: (inputs: Inputs) => Promise<number>,
): Promise<number> {
  if (request.refiner === undefined) return work(inputs);
  const model = await usableModel(services, request.refiner);
  return services.engines.use(modelResident(model, services.engineSettings), signal, (refiner) =>
    work({ ...inputs, refiner }),
  );
}

async function withUpscaler(
  { services, request, signal }: Context,
  inputs: Inputs,
  work: (inputs: Inputs) => Promise<number>,
): Promise<number> {
  const found = (await services.upscalers()).find(({ id }) => id === request.upscaler);
  if (found === undefined) return work(inputs);
  return services.engines.use(upscalerResident(found, services.engineSettings), signal, ({ upscale }) =>
    work({ ...inputs, upscaler: upscale }),
  );
}

type FinishedPicture = Parameters<typeof keepPicture>[2];

/** Puts pictures into the gallery one after another, each while the next one is made. */
function keepingInTurn(context: Context) {
  let last = Promise.resolve();
  const keep = async (picture: FinishedPicture) => {
    const image = await keepPicture(context.services, context, picture);
    if (image !== undefined) context.tell({ kind: "image", image });
  };
  return {
    /** Resolves when the one before is kept. */
    async add(picture: FinishedPicture): Promise<void> {
      await last;
      last = keep(picture);
      // Whoever waits for it next is told of its failure.
      last.catch(() => undefined);
    },
    end: () => last,
  };
}

/** Makes them and says how many the content gate held back. */
async function makePictures(
  context: Context,
  model: Model,
  { total, keep, ...inputs }: Inputs & { readonly total: number; keep(picture: FinishedPicture): Promise<void> },
): Promise<number> {
  const { services, request, signal } = context;
  let finished = total - inputs.pictures!.length;
  let refused = 0;
  const { previewEvery } = request;
  const options = { ...request.options, watermark: request.options.watermark ?? services.watermark };
  for await (const event of model.generate({ ...options, ...inputs, previewEvery, signal })) {
    await tellEvent(context, event, { finished, total });
    if (event.kind === "refused") [finished, refused] = [finished + 1, refused + 1];
    if (event.kind !== "image" || event.image === undefined) continue;
    await keep({ ...event, image: event.image });
    finished++;
  }
  return refused;
}

async function tellEvent(
  { tell, notice }: Context,
  event: GenerateEvent,
  { finished, total }: { readonly finished: number; readonly total: number },
): Promise<void> {
  if (event.kind === "notice") await notice(event.text);
  if (event.kind === "start") {
    const { pictures, steps, device } = event;
    tell({ kind: "begun", pictures, steps, device });
  }
  if (event.kind === "step") {
    const { kind, picture, step, steps, sigma, stepMs, remainingMs, preview } = event;
    tell({ kind, picture, step, steps, sigma, stepMs, remainingMs, done: (finished + step / steps) / total });
    if (preview !== undefined) tell({ kind: "preview", picture, step, image: await smallPicture(preview) });
  }
}

const previewSide = 256;

/** A data: URL of the picture as WebP, made smaller where it is large. */
async function smallPicture(image: Image): Promise<string> {
  const scale = Math.min(1, previewSide / Math.max(image.width, image.height));
  const size = { width: Math.round(image.width * scale) || 1, height: Math.round(image.height * scale) || 1 };
  const small = scale === 1 ? image : await resizeBitmap(image, size);
  const file = await encodeImage(small, { format: "webp", quality: 80 });
  return `data:image/webp;base64,${Buffer.from(file).toString("base64")}`;
}
