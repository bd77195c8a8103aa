// The test that every list of fidelity cases gets.

import { expect, it } from "vitest";
import { onEachDevice, testDevices } from "../fixtures/on-each-device.ts";
import { figures, keepsBound } from "./case.ts";
import type { FidelityCase } from "./case.ts";

/** Declares a test for each of `cases` on each device it has a bound for: the measured figure keeps it. */
export function keepBounds(title: string, cases: readonly FidelityCase[]): void {
  const devices = testDevices.filter((device) => cases.some(({ bounds }) => device in bounds));
  const declare: Parameters<typeof onEachDevice>[1] = (device, engine) => {
    it.each(cases.filter(({ bounds }) => device in bounds))(
      "$name is the reference's",
      async (fidelityCase) => {
        const figure = await fidelityCase.measure({ device, engine: engine() });
        const { title, format } = figures[fidelityCase.figure];
        const verdict = `${title} ${format(figure)} (${format(fidelityCase.bounds[device]!)} is wanted)`;
        expect(keepsBound(fidelityCase, device, figure), verdict).toBe(true);
      },
      300_000,
    );
  };
  onEachDevice(title, declare, devices);
}
