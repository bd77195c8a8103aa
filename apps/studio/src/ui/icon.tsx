// Icons: lines on a square of 24.

const paths = {
  create:
    "M12 3l1.8 4.7L18.5 9.5l-4.7 1.8L12 16l-1.8-4.7L5.5 9.5l4.7-1.8zM18.5 15l.8 2.2 2.2.8-2.2.8-.8 2.2-.8-2.2-2.2-.8 2.2-.8zM5 15.5l.6 1.6 1.6.6-1.6.6L5 20l-.6-1.7-1.6-.6 1.6-.6z",
  canvas: "M4 20l1-4L16.5 4.5a2.1 2.1 0 013 3L8 19zM14 7l3 3",
  gallery: "M4 5h16v14H4zM4 16l4.5-4.5 4 4 3-3L20 17M9 9.5h.01",
  models: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9",
  training: "M4 4v16h16M7 8c2 8 6 8.5 13 8.5",
  learn: "M3 9l9-4.5L21 9l-9 4.5zM7 11.5V16c2.5 2.5 7.5 2.5 10 0v-4.5M21 9v5",
  sun: "M12 8a4 4 0 100 8 4 4 0 000-8zM12 2v2M12 20v2M2 12h2M20 12h2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
  moon: "M20 14.5A8 8 0 019.5 4 8 8 0 1020 14.5z",
  system: "M3 5h18v11H3zM8 20h8M12 16v4",
  keys: "M3 7h18v10H3zM7 10.5h.01M11 10.5h.01M15 10.5h.01M8 14h8",
  close: "M6 6l12 12M18 6L6 18",
  stop: "M7 7h10v10H7z",
  vary: "M4 8h4l8 8h4M20 16l-2.5-2.5M20 16l-2.5 2.5M4 16h4l2-2M14 10l2-2h4M20 8l-2.5-2.5M20 8l-2.5 2.5",
  upscale: "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
  init: "M4 5h16v9M4 5v14h9M4 16l4.5-4.5 4 4M17 15v6M14 18h6",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  reuse: "M4 12a8 8 0 0113.7-5.6L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 01-13.7 5.6L4 15.5M4 20v-4.5h4.5",
  download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M4 20h16",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5.5M13.5 11v5.5",
  star: "M12 3.5l2.6 5.3 5.9.9-4.2 4.1 1 5.8-5.3-2.7-5.3 2.7 1-5.8-4.2-4.1 5.9-.9z",
  search: "M10.5 4a6.5 6.5 0 100 13 6.5 6.5 0 000-13zM15.5 15.5L20 20",
  compare: "M12 3v18M4 6h5v12H4zM15 6h5v12h-5z",
  plot: "M4 4h16v16H4zM4 9.3h16M4 14.6h16M9.3 4v16M14.6 4v16",
  brush: "M4 20c3 0 4-1 4.5-3L19 6.5a1.8 1.8 0 00-2.5-2.5L6 14.5C4 15 4 17.5 4 20z",
  eraser: "M4 15.5L13.5 6l5 5-8 8H7.5zM9 10.5l5 5M12 19h8",
  lasso: "M12 5c5 0 8.5 2.2 8.5 5.2S17 15.5 12 15.5 3.5 13.3 3.5 10.2 7 5 12 5zM8 15v2.5a2 2 0 104 0v-1.5",
  frame: "M7 3v18M17 3v18M3 7h18M3 17h18",
  hand: "M8 13V6.5a1.5 1.5 0 013 0V11M11 10.5V4.5a1.5 1.5 0 013 0V11M14 11V6a1.5 1.5 0 013 0v8c0 4-2 6.5-5.5 6.5S7 18.5 5.5 16l-1.8-3a1.5 1.5 0 012.5-1.6L8 13.5",
  undo: "M8 5L4 9l4 4M4 9h10a5.5 5.5 0 010 11H9",
  redo: "M16 5l4 4-4 4M20 9H10a5.5 5.5 0 000 11h5",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  upload: "M12 16V5M7.5 9L12 4.5 16.5 9M4 20h16",
  dice: "M5 5h14v14H5zM9 9h.01M15 9h.01M12 12h.01M9 15h.01M15 15h.01",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  check: "M5 12.5l4.5 4.5L19 7.5",
  plus: "M12 5v14M5 12h14",
  play: "M8 5l11 7-11 7z",
  info: "M12 4a8 8 0 100 16 8 8 0 000-16zM12 11v5M12 8h.01",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
  swap: "M4 8h15M15 4l4 4-4 4M20 16H5M9 12l-4 4 4 4",
  language: "M4 6h9M8.5 4v2M11 6c-.5 4-3 7-7 8.5M6 9.5c1 2.5 3 4 5.5 5M12.5 20l4-9 4 9M14 17h5",
} as const;

/** An icon's name. */
export type IconName = keyof typeof paths;

/** An icon, for eyes only: what it stands beside says the same in words. */
export function Icon({ name, solid = false }: { name: IconName; solid?: boolean }) {
  return (
    <svg class={solid ? "icon solid" : "icon"} viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
