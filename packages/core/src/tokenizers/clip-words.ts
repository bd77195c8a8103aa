// How CLIP cuts text into words before byte pairs are merged, as transformers' tokenizers do it: NFC, white space runs
// to one space, lower case, then one pattern. Each word knows where in the original text it comes from.

/** A word in the form that is encoded. */
export interface Word {
  readonly text: string;
  /** For each UTF-16 unit of `text`, the range [start, end) of the original text it stands for. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

// CLIP's pattern. White space is left out of words, so that the length of a run does not matter. Written with
// \p{White_Space} because \s of JavaScript has U+FEFF and lacks U+0085.
const wordPattern =
  /(<\|)(startoftext|endoftext)(\|>)|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu;

/** The words of `text`, in order. */
export function clipWords(text: string): Word[] {
  const { clean, starts, ends } = normalize(text);
  const words: Word[] = [];
  for (const match of clean.matchAll(wordPattern)) {
    // A special token's name that lower case has brought about is no special token: it is three words.
    const parts = match[1] === undefined ? [match[0]] : match.slice(1);
    let from = match.index;
    for (const part of parts) {
      const to = from + part.length;
      words.push({ text: part, starts: starts.slice(from, to), ends: ends.slice(from, to) });
      from = to;
    }
  }
  return words;
}

/** NFC and lower case. The latter character by character: a whole-string one would turn a final Σ into ς. */
function normalize(text: string): { clean: string; starts: number[]; ends: number[] } {
  // Composition never crosses the border of a grapheme, so NFC can be taken piece by piece, which keeps the places.
  const pieces = text === text.normalize("NFC") ? text : graphemes(text);
  let clean = "";
  let end = 0;
  const starts: number[] = [];
  const ends: number[] = [];
  for (const piece of pieces) {
    const start = end;
    end += piece.length;
    for (const character of piece.normalize("NFC")) clean += character.toLowerCase();
    while (starts.length < clean.length) {
      starts.push(start);
      ends.push(end);
    }
  }
  return { clean, starts, ends };
}

function graphemes(text: string): string[] {
  return Array.from(new Intl.Segmenter("und", { granularity: "grapheme" }).segment(text), ({ segment }) => segment);
}
