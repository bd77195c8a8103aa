// Whether a network that a run goes on from is the one that its recipe describes.

/** Throws Error where `begun`, the network that `source` names, has another value than `wanted` under one of `names` (all of `wanted`'s). */
export function checkSameSizes<C extends object>(
  source: string,
  begun: C,
  wanted: C,
  names: readonly (keyof C & string)[] = Object.keys(wanted) as (keyof C & string)[],
): void {
  const [is, should] = [begun, wanted].map((sizes) => (name: keyof C) => JSON.stringify(sizes[name]));
  const differs = names.find((name) => is(name) !== should(name));
  if (differs !== undefined)
    throw new Error(
      `Cannot go on from ${source}: its ${differs} is ${is(differs)} (${should(differs)} is wanted, as the recipe says)`,
    );
}
