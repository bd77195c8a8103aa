// A guide: a picture that a ControlNet or T2I-Adapter makes the new one follow.

import type { Signal } from "@preact/signals";
import { signal } from "@preact/signals";
import type { AnnotatorId } from "@noisette/core/image/annotators/index";
import type { GenerateRequest } from "../state/create-settings.ts";

/** A guide as people set it up. */
export interface Guide {
  /** Id of the network. */
  readonly network: string;
  /** The picture to follow; undefined for the one that is worked on. */
  readonly picture?: { readonly reference: string; readonly address: string };
  /** What makes the control picture of it. */
  readonly annotator: AnnotatorId;
  readonly weight: number;
}

/** The guides of the two screens that have one. */
export const createGuide: Signal<Guide | undefined> = signal();
export const canvasGuide: Signal<Guide | undefined> = signal();

/** `request` with `guide`. */
export const guided = (request: GenerateRequest, guide: Guide | undefined): GenerateRequest =>
  guide === undefined
    ? request
    : {
        ...request,
        controls: [
          {
            network: guide.network,
            ...(guide.picture !== undefined && { image: guide.picture.reference }),
            annotator: guide.annotator,
            weight: guide.weight,
            // Guides have all shapes: what does not fit is cut off.
            fit: "crop",
          },
        ],
      };

/** The annotator that fits a network, by what its name says it was trained with. */
export function usualAnnotator(network: string): AnnotatorId {
  const name = network.toLowerCase();
  return byName.find(([part]) => name.includes(part))?.[1] ?? "none";
}

const byName: readonly (readonly [string, AnnotatorId])[] = [
  ["canny", "canny"],
  ["scribble", "xdog"],
  ["sketch", "xdog"],
  ["lineart", "lineart"],
  ["tile", "tile"],
  ["blur", "blur"],
  ["recolor", "luminance"],
  ["color", "color"],
  ["shuffle", "shuffle"],
];
