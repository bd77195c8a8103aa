// JSON.parse keeps the last of two equal keys without a word. In a file of weights that means two readers may see
// two different models, so the keys are looked at once more.

/** The first key that one object of `json` holds twice, `undefined` without one. `json` must be valid JSON. */
export function duplicateKey(json: string): string | undefined {
  const open: Set<string>[] = []; // the keys so far of every enclosing object; arrays stay empty
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === "{" || character === "[") open.push(new Set());
    else if (character === "}" || character === "]") open.pop();
    else if (character === '"') {
      const end = closingQuote(json, i);
      if (isKey(json, end)) {
        const key = JSON.parse(json.slice(i, end + 1)) as string;
        const keys = open[open.length - 1];
        if (keys.has(key)) return key;
        keys.add(key);
      }
      i = end;
    }
  }
  return undefined;
}

/** Index of the quote that ends the string begun at `start`: the first one behind an even number of backslashes. */
function closingQuote(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); ; end = json.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (json[end - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}

/** A string is a key when a colon follows the quote at `end`. */
function isKey(json: string, end: number): boolean {
  let next = end + 1;
  while (/\s/.test(json[next] ?? "")) next++;
  return json[next] === ":";
}
