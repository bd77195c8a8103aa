// What other programs call a sampler or a schedule, as one line.

const programs = { a1111: "A1111", comfyui: "ComfyUI", diffusers: "diffusers", sdcpp: "stable-diffusion.cpp" } as const;

/** Names of one thing by program. */
export type Names = { readonly [program in keyof typeof programs]?: string };

/** `names` with their programs before them; empty when there are none. */
export function namesElsewhere(names: Names): string {
  const known = (Object.keys(programs) as (keyof typeof programs)[]).filter((key) => names[key] !== undefined);
  return known.map((key) => `${programs[key]} ${names[key]}`).join("; ");
}
