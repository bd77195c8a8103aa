// What the first pass of a run starts from, by what the run is given and the model's task.

import type { Image } from "../image/image.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Canvas } from "./canvas.ts";
import { depthChannel, withDepth } from "./depth-to-image.ts";
import { startsFromLatents, startsFromNoise, startsFromPicture } from "./initial-latents.ts";
import type { StartContext, Starts } from "./initial-latents.ts";
import { startsToEdit } from "./instruct-pix2pix.ts";
import type { Parts, Run } from "./run.ts";
import { startsFromSmallLatents } from "./upscale-latents.ts";
import { startsFromSmall } from "./upscale-sd.ts";

/** A run's pictures, laid out. */
export interface Given extends Pick<Run, "init" | "depth"> {
  /** `init`, where it is a picture. */
  readonly picture: Image | undefined;
  /** The picture as it is painted on. */
  readonly canvas: Canvas | undefined;
}

/** The starts of the pictures of a run. */
export async function startsOf(
  { checkpoint }: Pick<Parts, "checkpoint">,
  { init, depth, picture, canvas }: Given,
  context: StartContext,
): Promise<Starts> {
  if (checkpoint.task === "instruct-pix2pix") return startsToEdit(canvas!.image, context);
  const starts = await plainStarts();
  return depth === undefined ? starts : withDepth(starts, depthChannel(depth, context.latentDims));

  function plainStarts(): Promise<Starts> {
    if (canvas !== undefined) return startsFromPicture(canvas, context);
    if (checkpoint.task === "upscaling") return startsFromSmall(picture!, { ...context, checkpoint });
    if (checkpoint.task === "latent-upscaling") return startsFromSmallLatents(picture ?? (init as Tensor), context);
    return init === undefined ? startsFromNoise(context) : startsFromLatents(init as Tensor, context);
  }
}
