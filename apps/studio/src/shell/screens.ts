// The screens, loaded when they are first opened.

import type { ComponentType } from "preact";
import type { IconName } from "../ui/icon.tsx";

/** A screen: its place in addresses, its icon, and its code. */
export interface Screen {
  readonly id: "create" | "canvas" | "gallery" | "models" | "training" | "learn";
  readonly icon: IconName;
  readonly load: () => Promise<ComponentType>;
}

/** All of them; the first is where the studio opens. */
export const screens: readonly Screen[] = [
  { id: "create", icon: "create", load: async () => (await import("../create/create-screen.tsx")).CreateScreen },
  { id: "canvas", icon: "canvas", load: async () => (await import("../canvas/canvas-screen.tsx")).CanvasScreen },
  { id: "gallery", icon: "gallery", load: async () => (await import("../gallery/gallery-screen.tsx")).GalleryScreen },
  { id: "models", icon: "models", load: async () => (await import("../models/models-screen.tsx")).ModelsScreen },
  {
    id: "training",
    icon: "training",
    load: async () => (await import("../training/training-screen.tsx")).TrainingScreen,
  },
  { id: "learn", icon: "learn", load: async () => (await import("../learn/learn-screen.tsx")).LearnScreen },
];
