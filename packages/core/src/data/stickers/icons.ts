// The drawings of a style's package: SVGs of an Iconify collection, or picture files named by code points.

import { joinPath, listFolder, pathExists } from "#platform";
import { readBytes } from "../../image/png.ts";
import { readJson } from "./concepts.ts";
import type { ConceptIndex, Match } from "./join.ts";
import type { StickerStyle } from "./styles.ts";

/** One drawing and the concept it shows. */
export interface Icon {
  readonly name: string;
  readonly match: Match | undefined;
  /** The bytes of an SVG or picture file. */
  read(): Promise<Uint8Array>;
}

/** Side of the square that SVGs are drawn in, before they are made smaller. */
const drawnSize = 256;

/** All icons of a style, in the order of their names; those whose concept is not known have no `match`. */
export function readIcons(packages: string, style: StickerStyle, index: ConceptIndex): Promise<Icon[]> {
  const folder = joinPath(packages, style.package);
  return style.kind === "iconify" ? readIconify(folder, style, index) : readFiles(joinPath(folder, "assets"), index);
}

/** IconifyJSON: sizes of single icons default to the collection's. */
interface IconifyIcon {
  readonly body: string;
  readonly left?: number;
  readonly top?: number;
  readonly width?: number;
  readonly height?: number;
  /** An old name of another icon. */
  readonly hidden?: boolean;
}
interface IconifyCollection extends Omit<IconifyIcon, "body"> {
  readonly icons: Readonly<Record<string, IconifyIcon>>;
}

async function readIconify(folder: string, style: StickerStyle, index: ConceptIndex): Promise<Icon[]> {
  const { icons, left, top, width, height } = await readJson<IconifyCollection>(joinPath(folder, "icons.json"));
  const hexcodes = await readHexcodes(joinPath(folder, "chars.json"));
  return Object.entries(icons)
    .filter(([, { hidden }]) => hidden !== true)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, icon]) => {
      const byCode = (hexcodes.get(name) ?? []).map((hexcode) => index.byHexcode(hexcode)).find(Boolean);
      return {
        name,
        match: byCode ?? index.byName(name, { squashed: style.names === "squashed" }),
        read: async () => new TextEncoder().encode(svg({ left, top, width, height, ...icon })),
      };
    });
}

/** Icon name → code points. */
async function readHexcodes(path: string): Promise<Map<string, string[]>> {
  const hexcodes = new Map<string, string[]>();
  if (!(await pathExists(path))) return hexcodes;
  for (const [hexcode, name] of Object.entries(await readJson<Record<string, string>>(path))) {
    hexcodes.set(name, [...(hexcodes.get(name) ?? []), hexcode]);
  }
  return hexcodes;
}

/** An Iconify icon as a file of its own; what has no colour is black. */
function svg({ body, left = 0, top = 0, width = 16, height = 16 }: IconifyIcon): string {
  const box = `viewBox="${left} ${top} ${width} ${height}" width="${drawnSize}" height="${drawnSize}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${box}>${body.replaceAll("currentColor", "#000")}</svg>`;
}

async function readFiles(folder: string, index: ConceptIndex): Promise<Icon[]> {
  const files = (await listFolder(folder)).filter((name) => name.endsWith(".webp"));
  return files.map((file) => {
    const name = file.replace(/\.webp$/, "");
    return { name, match: index.byHexcode(name), read: () => readBytes(joinPath(folder, file)) };
  });
}
