// Pictures as nsfwjs's classifier sees them: on white, stretched to a square bilinearly, corners on corners.

import { resized } from "../tensor/resize.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Image } from "./image.ts";
import { overGround } from "./over-ground.ts";

/** A picture of any size → [1,3,side,side] in [0,1]. */
export function nsfwPixels(image: Image, side: number): Tensor {
  const { width, height, data } = overGround(image);
  const place = width * height;
  const planes = tensor([1, 3, height, width]);
  for (let i = 0; i < place; i++) for (let c = 0; c < 3; c++) planes.data[c * place + i] = data[3 * i + c] / 255;
  return resized(planes, { height: side, width: side, mode: "bilinear-align-corners" });
}
