// Captions of stickers and scenes: templates drawn at random, so that one picture is described in many ways. English,
// Chinese and Japanese describe everything; further languages name single stickers.

import type { Random } from "../random-stream.ts";
import { pick, pickWeighted } from "../random-stream.ts";
import type { Colour } from "./colours.ts";
import type { Concept } from "./concepts.ts";
import { pluralOf, withArticle } from "./english.ts";
import type { StickerStyle } from "./styles.ts";

/** What a picture shows, for its caption. */
export interface SceneText {
  readonly style: StickerStyle;
  /** One thing, several of it, or two in relation. */
  readonly things: readonly Thing[];
  /** How many of the first thing; without it one. */
  readonly count?: 2 | 3 | 4;
  readonly relation?: Relation;
  readonly ground?: Colour;
}

/** A concept with what was done to it. */
export interface Thing {
  readonly concept: Concept;
  readonly colour?: Colour;
  readonly size?: Size;
}

/** Words for size. */
export type Size = "small" | "tiny";
/** Where the first of two things is, seen from the second. */
export type Relation = "left" | "right" | "above" | "below" | "and";

/** Which kinds of captions there are and how often each is drawn. */
export interface CaptionOptions {
  /** Share of empty captions, for classifier-free guidance. */
  readonly empty?: number;
  /** Share of the other captions that leave the style out. */
  readonly unstyled?: number;
  /** Weights of the templates of single stickers; "localized" is every language but English. */
  readonly templates?: Readonly<Partial<Record<CaptionTemplate, number>>>;
  /** Weights of the other languages, by tag. */
  readonly languages?: Readonly<Record<string, number>>;
}

/** The templates of single stickers. */
export type CaptionTemplate = "plain" | "article" | "emojiOf" | "tagged" | "tags" | "character" | "localized";

/** A caption and its language; "" for none, "emoji" for the character alone. */
export interface Caption {
  readonly text: string;
  readonly language: string;
}

/** How often each template is drawn when nothing else is said. */
const captionTemplates: Readonly<Record<CaptionTemplate, number>> = {
  plain: 0.28,
  article: 0.16,
  emojiOf: 0.1,
  tagged: 0.14,
  tags: 0.06,
  character: 0.08,
  localized: 0.18,
};

/** A caption of a scene. Every statement in it is true of the scene. */
export function drawCaption(
  scene: SceneText,
  random: Random,
  { empty = 0.1, unstyled = 0.1, templates, languages = { zh: 1, ja: 1 } }: CaptionOptions = {},
): Caption {
  if (random() < empty) return { text: "", language: "" };
  const hasStyle = random() >= unstyled;
  const weights = { ...captionTemplates, ...templates };
  const template = pickWeighted(random, weights);
  const isSingle = scene.things.length === 1 && scene.count === undefined;
  const style = hasStyle ? pick(random, styleWords(scene).words) : undefined;
  if (template === "localized") {
    const language = pickWeighted(random, languages);
    const text = localized(scene, { language, hasStyle });
    if (text !== undefined) return { text, language };
  }
  // What a template cannot say is said plainly: a colour of a character, tags of two things.
  const [{ concept, colour, size }] = scene.things;
  const isUnchanged = isSingle && colour === undefined && size === undefined;
  if (isUnchanged && template === "character")
    return { text: joined(concept.emoji, style, groundOf(scene)), language: "emoji" };
  const text = isUnchanged ? singleText(concept, { template, style, random }) : joined(subject(scene), style);
  return { text: joined(text, groundOf(scene)), language: "en" };
}

function singleText(
  concept: Concept,
  { template, style, random }: { template: CaptionTemplate; style: string | undefined; random: Random },
): string {
  const { label, tags } = concept;
  const tag = () => (tags.length === 0 ? undefined : pick(random, tags));
  if (template === "emojiOf") return `${style === undefined ? "" : `${style} `}emoji of ${withArticle(label)}`;
  if (template === "article") return joined(withArticle(label), style && `${style} style`);
  if (template === "tagged") return joined(...new Set([label, tag(), tag()]), style);
  if (template === "tags") return [...new Set([tag(), tag(), label])].filter(Boolean).join(" ");
  return joined(label, style);
}

/** The words of the style that are true of the scene. */
const styleWords = ({ style, things, ground }: SceneText): Pick<StickerStyle, "words" | "zh" | "ja"> =>
  things.some(({ colour }) => colour) || (ground && ground.name !== "white") ? (style.tinted ?? style) : style;

const joined = (...parts: readonly (string | undefined)[]): string => parts.filter(Boolean).join(", ");
const groundOf = ({ ground }: SceneText): string | undefined => ground && `on ${withArticle(ground.name)} background`;

// English

/** The things of a scene in English: "a fox to the left of a pizza", "three strawberries", "a small blue fox". */
function subject({ things, count, relation = "and" }: SceneText): string {
  if (count !== undefined) return `${numerals[count].en} ${pluralOf(things[0].concept.label)}`;
  const [first, second] = things.map(noun);
  return second === undefined ? first : relations[relation].en(first, second);
}

function noun({ concept: { label }, colour, size }: Thing): string {
  return withArticle([size, colour?.name, colour ? withoutColour(label) : label].filter(Boolean).join(" "));
}

/** "red apple" → "apple": the name of a thing whose colour has been changed. */
const withoutColour = (label: string): string =>
  label.replace(/^(?:light )?(?:red|orange|yellow|green|blue|purple|pink|brown|white|black|grey) /, "");

const numerals = {
  2: { en: "two", zh: "两个", ja: "2つの" },
  3: { en: "three", zh: "三个", ja: "3つの" },
  4: { en: "four", zh: "四个", ja: "4つの" },
} as const;

const relations: Readonly<Record<Relation, Readonly<Record<"en" | "zh" | "ja", (a: string, b: string) => string>>>> = {
  left: {
    en: (a, b) => `${a} to the left of ${b}`,
    zh: (a, b) => `${b}左边的${a}`,
    ja: (a, b) => `${b}の左の${a}`,
  },
  right: {
    en: (a, b) => `${a} to the right of ${b}`,
    zh: (a, b) => `${b}右边的${a}`,
    ja: (a, b) => `${b}の右の${a}`,
  },
  above: { en: (a, b) => `${a} above ${b}`, zh: (a, b) => `${b}上面的${a}`, ja: (a, b) => `${b}の上の${a}` },
  below: { en: (a, b) => `${a} below ${b}`, zh: (a, b) => `${b}下面的${a}`, ja: (a, b) => `${b}の下の${a}` },
  and: { en: (a, b) => `${a} and ${b}`, zh: (a, b) => `${a}和${b}`, ja: (a, b) => `${a}と${b}` },
};

// Chinese, Japanese; single stickers in all languages of the set

const sizes: Readonly<Record<Size, Readonly<Record<"zh" | "ja", string>>>> = {
  small: { zh: "小", ja: "小さな" },
  tiny: { zh: "极小的", ja: "とても小さな" },
};

/** The scene in another language; undefined where its words are not known. */
function localized(
  scene: SceneText,
  { language, hasStyle }: { language: string; hasStyle: boolean },
): string | undefined {
  const { things, count, relation = "and", ground } = scene;
  const style = styleWords(scene);
  const labels = things.map(({ concept }) => concept.localized[language]?.label);
  if (labels.some((label) => label === undefined)) return undefined;
  if (language !== "zh" && language !== "ja") {
    const isPlain = things.length === 1 && !count && !ground && !things[0].colour && !things[0].size;
    return isPlain ? joined(labels[0], hasStyle ? style.words[0] : undefined) : undefined;
  }
  const separator = language === "zh" ? "，" : "、";
  const nouns = things.map(({ colour, size }, i) => {
    const paint = colour && (language === "zh" ? `${colour.zh}的` : colour.ja);
    return `${paint ?? ""}${size ? sizes[size][language] : ""}${labels[i]}`;
  });
  const text =
    count !== undefined
      ? `${numerals[count][language]}${nouns[0]}`
      : nouns.length === 2
        ? relations[relation][language](nouns[0], nouns[1])
        : nouns[0];
  const groundText = ground && (language === "zh" ? `${ground.zh}背景` : `${ground.ja}背景`);
  return [text, hasStyle ? style[language] : undefined, groundText].filter(Boolean).join(separator);
}
