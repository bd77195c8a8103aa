// As much English grammar as captions of things need: an article or none, one or several.

const massNouns: ReadonlySet<string> = new Set(
  "bread,cheese,rice,meat,salt,butter,honey,sushi,sake,spaghetti,tea,milk,ice,corn,garlic,ginger,broccoli,popcorn,bacon,fog,fire,water,money,yarn,thread,wood,lacrosse,tennis,badminton,hockey,pool,mahjong,poo,sum,food,cream,art,music,soap,news,falafel,oden".split(
    ",",
  ),
);
const properNames =
  /^(?:Santa|Mrs|Mx|Statue of|Tokyo|Mount|Kaaba|Aries|Taurus|Gemini|Cancer|Leo|Virgo|Libra|Scorpio|Sagittarius|Capricorn|Aquarius|Pisces|Ophiuchus)\b/;
const irregular: Readonly<Record<string, string>> = {
  mouse: "mice",
  ox: "oxen",
  goose: "geese",
  tooth: "teeth",
  foot: "feet",
  child: "children",
  man: "men",
  woman: "women",
  person: "people",
  fish: "fish",
  sheep: "sheep",
  deer: "deer",
  squid: "squid",
  shrimp: "shrimp",
  bison: "bison",
  moose: "moose",
  cactus: "cactuses",
  octopus: "octopuses",
  potato: "potatoes",
  tomato: "tomatoes",
  mango: "mangoes",
  volcano: "volcanoes",
  knife: "knives",
  leaf: "leaves",
  wolf: "wolves",
  scarf: "scarves",
  loaf: "loaves",
  shelf: "shelves",
};

/** The word that says what the thing is: "slice" of "slice of cake", "tree" of "palm tree". */
const headOf = (label: string): string =>
  label
    .split(/[:,]| with | of | in | on | for | from | behind | over | and | \w+ing /)[0]
    .trim()
    .split(" ")
    .at(-1)!
    .toLowerCase();

const isPlural = (word: string): boolean =>
  /[^su']s$/.test(word) && !/^(?:lens|gas|tennis|iris|christmas|rhinoceros)$/.test(word);

/** `label` with "a" or "an" before it, or alone when it is plural, cannot be counted or is a name. */
export function withArticle(label: string): string {
  const head = headOf(label);
  if (isPlural(head) || massNouns.has(head) || properNames.test(label)) return label;
  // By sound: "an hourglass", "a unicorn", "a one-piece", "a ewe".
  const isVowel = /^(?:[aeiou]|hour)/i.test(label) && !/^(?:uni|use|eu|ewe|one\b|one-|ufo)/i.test(label);
  return `${isVowel || /^(?:ATM|SOS|X-ray|8|11|18)/.test(label) ? "an" : "a"} ${label}`;
}

/** The plural of `label`; undefined when it is one already, cannot be counted, or is no simple name of a thing. */
export function pluralOf(label: string): string | undefined {
  const words = label.split(" ");
  const last = words.at(-1)!;
  const isSimple = /^[a-z][a-z -]*$/.test(label) && headOf(label) === last;
  if (!isSimple || isPlural(last) || massNouns.has(last)) return undefined;
  const regular = /[^aeiou]y$/.test(last)
    ? `${last.slice(0, -1)}ies`
    : /(?:s|x|z|ch|sh)$/.test(last)
      ? `${last}es`
      : `${last}s`;
  return [...words.slice(0, -1), irregular[last] ?? regular].join(" ");
}
