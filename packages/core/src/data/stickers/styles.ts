// The drawn styles of the sticker set: which package holds the art, at which version, under which licence, and the words
// that ask for the style. Packages are data, fetched when the set is built; none is a dependency of the product.

/** Styles by one hand are one family: a picture held out in one of them must not be seen in another. */
export interface StickerStyle {
  /** The name in file names and columns. */
  readonly style: string;
  readonly family: string;
  /** The npm package that holds the art. */
  readonly package: string;
  readonly version: string;
  /** An Iconify collection of SVGs, or a folder of files named by code points. */
  readonly kind: "iconify" | "files";
  /** How an icon whose code points are not known is found: by its name, or by its name with all hyphens left out. */
  readonly names: "plain" | "squashed";
  readonly licence: "Apache-2.0" | "MIT" | "CC-BY-4.0" | "CC-BY-SA-4.0";
  /** How often its pictures are drawn, before the styles are balanced. */
  readonly weight: number;
  /** Words for the style, most usual first. They describe; none is a brand. */
  readonly words: readonly string[];
  readonly zh: string;
  readonly ja: string;
  /** The words for a drawing in another colour or on one, where those above would not be true. */
  readonly tinted?: Pick<StickerStyle, "words" | "zh" | "ja">;
}

const iconify = { kind: "iconify", names: "plain", weight: 1 } as const;

/** The nine styles. None of their licences asks for share-alike. */
export const stickerStyles: readonly StickerStyle[] = [
  {
    ...iconify,
    style: "noto",
    family: "noto",
    package: "@iconify-json/noto",
    version: "1.2.9",
    licence: "Apache-2.0",
    words: ["detailed gradient", "detailed", "gradient", "noto"],
    zh: "细致渐变",
    ja: "細密グラデーション",
  },
  {
    ...iconify,
    style: "blob",
    family: "blob",
    package: "@iconify-json/noto-v1",
    version: "1.2.5",
    licence: "Apache-2.0",
    words: ["soft round", "blob", "soft round blob"],
    zh: "圆润",
    ja: "丸い",
  },
  {
    style: "fluent-3d",
    family: "fluent",
    package: "@lobehub/fluent-emoji-3d",
    version: "1.1.0",
    kind: "files",
    names: "plain",
    licence: "MIT",
    weight: 1,
    words: ["3d glossy", "3d", "glossy", "glossy 3d render", "fluent-3d"],
    zh: "3D立体",
    ja: "3D立体",
  },
  {
    ...iconify,
    style: "fluent-flat",
    family: "fluent",
    package: "@iconify-json/fluent-emoji-flat",
    version: "1.2.6",
    licence: "MIT",
    words: ["minimal flat", "minimal", "clean flat", "fluent-flat"],
    zh: "简约扁平",
    ja: "ミニマルフラット",
  },
  {
    ...iconify,
    style: "fluent-mono",
    family: "fluent",
    package: "@iconify-json/fluent-emoji-high-contrast",
    version: "1.2.6",
    licence: "MIT",
    weight: 0.5,
    words: ["black and white icon", "glyph", "monochrome icon", "fluent-mono"],
    zh: "黑白图标",
    ja: "白黒アイコン",
    tinted: { words: ["glyph", "monochrome icon", "fluent-mono"], zh: "图标", ja: "アイコン" },
  },
  {
    ...iconify,
    style: "twemoji",
    family: "twemoji",
    package: "@iconify-json/twemoji",
    version: "1.2.5",
    licence: "CC-BY-4.0",
    words: ["bold flat", "flat", "flat vector", "twemoji"],
    zh: "扁平",
    ja: "フラット",
  },
  {
    ...iconify,
    style: "emojitwo",
    family: "emojitwo",
    package: "@iconify-json/emojione",
    version: "1.2.3",
    licence: "CC-BY-4.0",
    words: ["classic", "cartoon flat", "classic cartoon", "emojitwo"],
    zh: "经典卡通",
    ja: "クラシック",
  },
  {
    ...iconify,
    style: "fxemoji",
    family: "fxemoji",
    package: "@iconify-json/fxemoji",
    version: "1.2.2",
    names: "squashed",
    licence: "CC-BY-4.0",
    words: ["soft flat", "pastel flat", "fxemoji"],
    zh: "柔和扁平",
    ja: "ソフトフラット",
  },
  {
    ...iconify,
    style: "streamline",
    family: "streamline",
    package: "@iconify-json/streamline-emojis",
    version: "1.2.4",
    names: "squashed",
    licence: "CC-BY-4.0",
    words: ["outlined", "line cartoon", "outlined cartoon", "streamline"],
    zh: "线条卡通",
    ja: "線画",
  },
];

/** The packages that hold names and keywords. */
export const captionPackages = [
  { package: "emojibase-data", version: "17.0.0" },
  { package: "emojilib", version: "4.0.3" },
] as const;

/** Every package of the set with its version. */
export const stickerPackages: readonly { readonly package: string; readonly version: string }[] = [
  ...stickerStyles.map(({ package: name, version }) => ({ package: name, version })),
  ...captionPackages,
];
