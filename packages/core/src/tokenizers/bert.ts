// BERT's tokenizer (Devlin et al. 2018, arXiv 1810.04805, §3; word pieces of Wu et al. 2016, arXiv 1609.08144, §4.1),
// which latent diffusion's first text to image models take. Gives the ids of transformers' BertTokenizer.

/** A BERT tokenizer. */
export interface BertTokenizer {
  readonly padId: number;
  /** All ids of `text`, between [CLS] and [SEP]. Any string can be encoded: what has no pieces is [UNK]. */
  encode(text: string): number[];
  /** The same cut or filled up to `length` ids, for a text encoder; what is cut keeps its [SEP]. */
  encodeTo(text: string, length: number): number[];
}

/** Switches of tokenizer_config.json. */
export interface BertTokenizerOptions {
  readonly lowerCase?: boolean;
  /** Takes accents off the letters; left out, as `lowerCase`. */
  readonly stripAccents?: boolean;
}

const specialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] as const;

/** A longer word is [UNK] as a whole. */
const longestWord = 100;

/** The tokenizer of a vocab.txt: a token a line, its id the line's number. Throws when a special token is missing. */
export function bertTokenizer(
  vocab: string,
  { lowerCase = true, stripAccents = lowerCase }: BertTokenizerOptions = {},
): BertTokenizer {
  const lines = vocab.replace(/\r?\n$/, "").split(/\r?\n/);
  const ids = new Map(lines.map((token, id) => [token, id]));
  const idOf = (token: string): number => {
    const id = ids.get(token);
    if (id === undefined) throw new Error(`Cannot make a tokenizer: "${token}" is not in the vocabulary`);
    return id;
  };
  const [padId, unknownId, startId, endId] = specialTokens.map(idOf);
  const encode = (text: string): number[] => {
    // Special tokens are cut out of the text as it is written.
    const parts = text.split(/(\[PAD\]|\[UNK\]|\[CLS\]|\[SEP\]|\[MASK\])/);
    const inner = parts.flatMap((part, i) =>
      i % 2 === 1
        ? [idOf(part)]
        : bertWords(part, { lowerCase, stripAccents }).flatMap((word) => pieces(word, ids) ?? [unknownId]),
    );
    return [startId, ...inner, endId];
  };
  return {
    padId,
    encode,
    encodeTo(text, length) {
      const all = encode(text);
      const cut = all.length > length ? [...all.slice(0, length - 1), endId] : all;
      return [...cut, ...new Array<number>(length - cut.length).fill(padId)];
    },
  };
}

/** The words of `text`: between spaces, with every punctuation mark and every Chinese character alone. */
function bertWords(text: string, { lowerCase, stripAccents }: Required<BertTokenizerOptions>): string[] {
  let clean = "";
  for (const character of text) {
    if (/[\t\n\r]|\p{White_Space}/u.test(character)) clean += " ";
    else if (character === "\uFFFD" || /\p{C}/u.test(character)) continue;
    else clean += isChinese(character.codePointAt(0)!) ? ` ${character} ` : character;
  }
  if (stripAccents) clean = clean.normalize("NFD").replace(/\p{Mn}/gu, "");
  if (lowerCase) clean = Array.from(clean, (character) => character.toLowerCase()).join("");
  return clean.match(/[!-/:-@[-`{-~]|\p{P}|(?:(?![!-/:-@[-`{-~]|\p{P})\S)+/gu) ?? [];
}

/** The blocks of Chinese characters that BERT separates. */
const chineseBlocks = [
  [0x4e00, 0x9fff],
  [0x3400, 0x4dbf],
  [0x20000, 0x2a6df],
  [0x2a700, 0x2b73f],
  [0x2b740, 0x2b81f],
  [0x2b820, 0x2ceaf],
  [0xf900, 0xfaff],
  [0x2f800, 0x2fa1f],
];
const isChinese = (code: number): boolean => chineseBlocks.some(([first, last]) => code >= first && code <= last);

/** The longest pieces of `word` from the left, those inside it marked "##"; undefined when a part has none. */
function pieces(word: string, ids: ReadonlyMap<string, number>): number[] | undefined {
  const characters = [...word];
  if (characters.length > longestWord) return undefined;
  const found: number[] = [];
  for (let start = 0; start < characters.length;) {
    const idUpTo = (end: number) => ids.get((start > 0 ? "##" : "") + characters.slice(start, end).join(""));
    let end = characters.length;
    while (end > start && idUpTo(end) === undefined) end--;
    if (end === start) return undefined;
    found.push(idUpTo(end)!);
    start = end;
  }
  return found;
}
