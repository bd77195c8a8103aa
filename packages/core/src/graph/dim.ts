// Dimensions that may be unknown while tracing: integer polynomials in named symbols (batch, height, …) and in
// floor divisions of such polynomials. Canonical, so that equal expressions are equal strings.

/** A known size, or an expression in symbols known only when the network runs. */
export type Dim = number | DimExpression;

/** A polynomial: coefficients by monomial, a monomial being the sorted product of atoms. */
export interface DimExpression {
  readonly terms: ReadonlyMap<string, Term>;
  /** Canonical text, e.g. "height*width" or "2*height + 1"; equal expressions have equal text. */
  readonly text: string;
}
interface Term {
  readonly coefficient: number;
  readonly atoms: readonly Atom[];
}
type Atom =
  | { readonly symbol: string; readonly text: string }
  | { readonly floorOf: DimExpression; readonly by: number; readonly text: string };

/** The dimension called `name`, at least 1 when the network runs. */
export function symbol(name: string): DimExpression {
  return expression([{ coefficient: 1, atoms: [{ symbol: name, text: name }] }]) as DimExpression;
}

/** The sum of `dims`. */
export const addDims = (...dims: readonly Dim[]): Dim => expression(dims.flatMap(termsOf));

/** The product of `dims`. */
export function multiplyDims(...dims: readonly Dim[]): Dim {
  return dims.reduce<Dim>(
    (product, dim) =>
      expression(
        termsOf(product).flatMap((a) =>
          termsOf(dim).map((b) => ({
            coefficient: a.coefficient * b.coefficient,
            atoms: [...a.atoms, ...b.atoms].sort((x, y) => (x.text < y.text ? -1 : x.text > y.text ? 1 : 0)),
          })),
        ),
      ),
    1,
  );
}

/** ⌊dim / by⌋. Whole multiples leave the bracket: ⌊(2h+3)/2⌋ = h + 1 + ⌊1/2⌋ = h + 1. */
export function floorDivideDim(dim: Dim, by: number): Dim {
  if (by === 1) return dim;
  const whole: Term[] = [];
  const rest: Term[] = [];
  for (const term of termsOf(dim)) {
    const quotient = Math.floor(term.coefficient / by);
    // c·m = (q·by + r)·m for integer monomials m, so q·m leaves the bracket.
    whole.push({ ...term, coefficient: quotient });
    rest.push({ ...term, coefficient: term.coefficient - quotient * by });
  }
  const remainder = expression(rest);
  if (typeof remainder === "number") return addDims(expression(whole), Math.floor(remainder / by));
  const atom: Atom = { floorOf: remainder, by, text: `floor((${remainder.text})/${by})` };
  return expression([...whole, { coefficient: 1, atoms: [atom] }]);
}

/** True when the two are the same for every value of their symbols. */
export function sameDim(a: Dim, b: Dim): boolean {
  return typeof a === "number" || typeof b === "number" ? a === b : a.text === b.text;
}

/** True when two shapes are the same for every value of their symbols. */
export const sameDims = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a.length === b.length && a.every((dim, i) => sameDim(dim, b[i]));

/** A dimension as text, e.g. "320" or "height*width". */
export const dimText = (dim: Dim): string => (typeof dim === "number" ? String(dim) : dim.text);
/** A shape as text, e.g. "[batch, 4, height, width]". */
export const dimsText = (dims: readonly Dim[]): string => `[${dims.map(dimText).join(", ")}]`;

/** A dim as nested sums, products and divisions, folded by `fold`: evaluates it, or emits a graph that does. */
export function foldDim<T>(
  dim: Dim,
  fold: {
    constant(n: number): T;
    symbol(name: string): T;
    add(a: T, b: T): T;
    multiply(a: T, b: T): T;
    floorDivide(a: T, by: number): T;
  },
): T {
  const terms = termsOf(dim).map((term) => {
    const factors = term.atoms.map((atom) =>
      "symbol" in atom ? fold.symbol(atom.symbol) : fold.floorDivide(foldDim(atom.floorOf, fold), atom.by),
    );
    if (term.coefficient !== 1 || factors.length === 0) factors.push(fold.constant(term.coefficient));
    return factors.reduce((a, b) => fold.multiply(a, b));
  });
  return terms.length === 0 ? fold.constant(0) : terms.reduce((a, b) => fold.add(a, b));
}

/** The number `dim` is when its symbols have the given values. Throws RangeError on a symbol without one. */
export function evaluateDim(dim: Dim, values: Readonly<Record<string, number>>): number {
  return foldDim(dim, {
    constant: (n) => n,
    symbol: (name) => {
      if (!(name in values)) throw new RangeError(`Cannot evaluate dimension ${dimText(dim)}: "${name}" has no value`);
      return values[name];
    },
    add: (a, b) => a + b,
    multiply: (a, b) => a * b,
    floorDivide: (a, by) => Math.floor(a / by),
  });
}

function termsOf(dim: Dim): readonly Term[] {
  return typeof dim === "number" ? [{ coefficient: dim, atoms: [] }] : [...dim.terms.values()];
}

/** Collects like terms; a polynomial without symbols becomes a number. */
function expression(terms: readonly Term[]): Dim {
  const byMonomial = new Map<string, Term>();
  for (const term of terms) {
    const key = term.atoms.map((atom) => atom.text).join("*");
    const coefficient = (byMonomial.get(key)?.coefficient ?? 0) + term.coefficient;
    if (coefficient === 0) byMonomial.delete(key);
    else byMonomial.set(key, { coefficient, atoms: term.atoms });
  }
  const sorted = new Map([...byMonomial].sort(([a], [b]) => (a === "" ? 1 : b === "" ? -1 : a < b ? -1 : 1)));
  if (sorted.size === 0) return 0;
  if (sorted.size === 1 && sorted.has("")) return sorted.get("")!.coefficient;
  const text = [...sorted]
    .map(([key, { coefficient }]) =>
      key === "" ? `${coefficient}` : coefficient === 1 ? key : `${coefficient}*${key}`,
    )
    .join(" + ");
  return { terms: sorted, text };
}
