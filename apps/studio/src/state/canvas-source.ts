// The picture that the canvas works on, as other screens hand it over.

import { signal } from "@preact/signals";
import type { ImageRecord } from "@noisette/server/schema/image";
import { client } from "./api.ts";
import { goTo } from "./route.ts";

/** How the canvas begins: making the whole picture anew, painting a part, or painting around it. */
export type CanvasTask = "whole" | "part" | "around";

/** A picture to work on. */
export interface CanvasSource {
  /** What jobs name it by. */
  readonly reference: string;
  /** Where its pixels are. */
  readonly address: string;
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly model?: string;
}

/** The picture, if there is one. */
export const canvasSource = signal<CanvasSource | undefined>();

/** What is to be done with it. */
export const canvasTask = signal<CanvasTask>("whole");

/** Opens a picture of the gallery in the canvas. */
export function openInCanvas(image: ImageRecord, task: CanvasTask): void {
  canvasSource.value = {
    reference: image.id,
    address: client.address(image.url),
    prompt: image.prompt,
    negativePrompt: image.negativePrompt,
    ...(image.model !== "" && { model: image.model }),
  };
  canvasTask.value = task;
  goTo("canvas");
}

/** Uploads a file and opens it in the canvas; its prompt stays as it was. Throws what the server says of the file. */
export async function openFileInCanvas(file: Blob, task: CanvasTask): Promise<void> {
  const { id } = await client.upload(file);
  const { prompt = "", negativePrompt = "", model } = canvasSource.value ?? {};
  canvasSource.value = { reference: id, address: URL.createObjectURL(file), prompt, negativePrompt, model };
  canvasTask.value = task;
  goTo("canvas");
}
