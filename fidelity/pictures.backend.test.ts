import { afterAll } from "vitest";
import { earlyPictureCases } from "./early-pictures.ts";
import { keepBounds } from "./keep-bounds.ts";
import { closePictureModels, pictureCases } from "./pictures.ts";

afterAll(closePictureModels);

keepBounds("pictures", [...pictureCases, ...earlyPictureCases]);
