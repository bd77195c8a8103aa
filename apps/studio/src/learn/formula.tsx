// Formulas in MathML, which browsers set themselves.

import type { ComponentChildren } from "preact";

type Parts = ComponentChildren;

const i = (name: string) => <mi>{name}</mi>;
const o = (sign: string) => <mo stretchy={sign === "¯" ? undefined : false}>{sign}</mo>;
const tall = (sign: string) => <mo>{sign}</mo>;
const n = (number: string | number) => <mn>{number}</mn>;
const row = (...parts: Parts[]) => <mrow>{parts}</mrow>;
const sub = (what: Parts, below: Parts) => (
  <msub>
    {what}
    {below}
  </msub>
);
const root = (...parts: Parts[]) => <msqrt>{parts}</msqrt>;
const over = (above: Parts, below: Parts) => (
  <mfrac>
    {above}
    {below}
  </mfrac>
);
const hat = (name: string) => (
  <mover accent={true}>
    {i(name)}
    {o("^")}
  </mover>
);
const of = (name: string, ...parts: Parts[]) => row(i(name), o("("), ...parts, o(")"));

const alphaBar = (time: string) =>
  sub(
    <mover accent={true}>
      {i("α")}
      {o("¯")}
    </mover>,
    i(time),
  );
const left = (time: string) => root(o("1"), o("−"), alphaBar(time));
const x0 = sub(hat("x"), n(0));
const sine = (angle: Parts) => over(row(i("sin"), angle), row(i("sin"), i("θ")));

/** The formulas by what they say. */
export const formulas = {
  forward: row(
    sub(i("x"), i("t")),
    o("="),
    root(alphaBar("t")),
    sub(i("x"), n(0)),
    o("+"),
    left("t"),
    i("ε"),
    o(","),
    i("ε"),
    o("∼"),
    of("𝒩", n(0), o(","), i("I")),
  ),
  product: row(
    alphaBar("t"),
    o("="),
    <munder>
      {o("∏")}
      {row(i("s"), o("≤"), i("t"))}
    </munder>,
    o("("),
    n(1),
    o("−"),
    sub(i("β"), i("s")),
    o(")"),
  ),
  denoised: row(x0, o("="), over(row(sub(i("x"), i("t")), o("−"), left("t"), hat("ε")), root(alphaBar("t")))),
  velocity: row(hat("v"), o("="), root(alphaBar("t")), hat("ε"), o("−"), left("t"), x0),
  ddimStep: row(sub(i("x"), i("s")), o("="), root(alphaBar("s")), x0, o("+"), left("s"), hat("ε")),
  autoencoder: row(i("z"), o("="), of("ℰ", i("x")), o(","), hat("x"), o("="), of("𝒟", i("z"))),
  psnr: row(
    i("PSNR"),
    o("="),
    n(10),
    sub(i("log"), n(10)),
    over(
      <msup>
        {n(255)}
        {n(2)}
      </msup>,
      i("MSE"),
    ),
  ),
  attention: row(
    i("softmax"),
    tall("("),
    over(
      row(
        i("Q"),
        <msup>
          {i("K")}
          {i("⊤")}
        </msup>,
      ),
      root(i("d")),
    ),
    tall(")"),
    i("V"),
  ),
  anyStep: row(
    sub(i("x"), i("s")),
    o("="),
    root(alphaBar("s")),
    x0,
    o("+"),
    root(
      n(1),
      o("−"),
      alphaBar("s"),
      o("−"),
      <msup>
        {i("η")}
        {n(2)}
      </msup>,
      <msup>
        {i("σ")}
        {n(2)}
      </msup>,
    ),
    hat("ε"),
    o("+"),
    i("η"),
    i("σ"),
    i("ε"),
  ),
  variance: row(
    <msup>
      {i("σ")}
      {n(2)}
    </msup>,
    o("="),
    over(row(n(1), o("−"), alphaBar("s")), row(n(1), o("−"), alphaBar("t"))),
    tall("("),
    n(1),
    o("−"),
    over(alphaBar("t"), alphaBar("s")),
    tall(")"),
  ),
  guidance: row(
    hat("ε"),
    o("="),
    sub(i("ε"), i("∅")),
    o("+"),
    i("w"),
    o("("),
    sub(i("ε"), i("c")),
    o("−"),
    sub(i("ε"), i("∅")),
    o(")"),
  ),
  sphere: row(
    i("ε"),
    o("="),
    sine(row(o("("), n(1), o("−"), i("a"), o(")"), i("θ"))),
    sub(i("ε"), n(1)),
    o("+"),
    sine(row(i("a"), i("θ"))),
    sub(i("ε"), n(2)),
  ),
} as const;

/** One of them, in a line of its own. */
export function Formula({ name }: { name: keyof typeof formulas }) {
  return <math display="block">{formulas[name]}</math>;
}
