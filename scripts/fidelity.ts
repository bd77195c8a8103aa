// `npm run fidelity [-- --device webgpu] [-- WORD…]`: measures every case against the reference implementation and prints
// the figures. With words, only the cases whose name has one of them. Exits with 1 when a bound is not kept.

import { parseArgs } from "node:util";
import type { Device } from "@noisette/core/runtime/engine";
import { openEngine } from "@noisette/core/runtime/open-engine";
import { figures, keepsBound } from "../fidelity/case.ts";
import type { FidelityCase } from "../fidelity/case.ts";
import { adapterCases } from "../fidelity/adapters.ts";
import { conceptCases } from "../fidelity/concepts.ts";
import { earlyPictureCases } from "../fidelity/early-pictures.ts";
import { networkCases } from "../fidelity/networks.ts";
import { closePictureModels, pictureCases } from "../fidelity/pictures.ts";
import { withDriver } from "../fixtures/test-devices.ts";

const { values, positionals } = parseArgs({
  options: { device: { type: "string", default: "cpu" } },
  allowPositionals: true,
});
const asked = values.device as Device;
const engine = await withDriver(asked, () => openEngine({ device: asked }));
const { device } = engine;
if (engine.notice !== undefined) console.log(engine.notice);

const wanted = (name: string) => positionals.length === 0 || positionals.some((word) => name.includes(word));
const cases = [...networkCases, ...adapterCases, ...conceptCases, ...pictureCases, ...earlyPictureCases].filter(
  ({ name, bounds }) => device in bounds && wanted(name),
);
const width = Math.max(...cases.map(({ name }) => name.length));
let failed = 0;
for (const fidelityCase of cases) {
  const { verdict, kept } = await measure(fidelityCase);
  if (!kept) failed++;
  console.log(`${kept ? "✓" : "✗"} ${fidelityCase.name.padEnd(width)}  ${verdict}`);
}
await closePictureModels();
await engine.close();
console.log(`${cases.length - failed} of ${cases.length} cases keep their bound on ${device}`);
process.exitCode = failed === 0 ? 0 : 1;

async function measure(fidelityCase: FidelityCase): Promise<{ verdict: string; kept: boolean }> {
  const { title, better, format } = figures[fidelityCase.figure];
  try {
    const figure = await fidelityCase.measure({ device, engine });
    const bound = `${better === "lower" ? "≤" : "≥"} ${format(fidelityCase.bounds[device]!)}`;
    return { verdict: `${title} ${format(figure)} (${bound})`, kept: keepsBound(fidelityCase, device, figure) };
  } catch (error) {
    return { verdict: (error as Error).message, kept: false };
  }
}
