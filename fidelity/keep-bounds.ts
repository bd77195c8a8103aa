// The test that every list of fidelity cases gets.

import type { Device } from "@noisette/core/runtime/engine";
import { expect, it } from "vitest";
import { onEachDevice, testDevices } from "../fixtures/on-each-device.ts";
import { figures, keepsBound } from "./case.ts";
import type { FidelityCase } from "./case.ts";

/**
 * The cases that are tests on WebGPU, whose software driver takes many seconds a network: every operator has its test there
 * already, so a network of each kind is enough. `npm run fidelity -- --device webgpu` measures them all.
 */
const onWebgpu = /^sd1\/(unet|text_encoder),|^autoencoder_tiny/;

/** Declares a test for each of `cases` on each device it has a bound for: the measured figure keeps it. */
export function keepBounds(title: string, cases: readonly FidelityCase[]): void {
  const casesOn = (device: Device) =>
    cases.filter(({ name, bounds }) => device in bounds && (device !== "webgpu" || onWebgpu.test(name)));
  const devices = testDevices.filter((device) => casesOn(device).length > 0);
  const declare: Parameters<typeof onEachDevice>[1] = (device, engine) => {
    it.each(casesOn(device))(
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
