// Opens the engine a caller asks for: the named device or an error, or with "auto" the best one there is and a notice.

import { devices, openOn } from "#engine";
import type { Device, Engine, EngineOptions } from "./engine.ts";

/** An engine on `device`. Throws Error when it cannot be opened: never another device in its place, but for "auto". */
export async function openEngine({ device = "auto", threads }: EngineOptions = {}): Promise<Engine> {
  if (device !== "auto") {
    if (!devices.includes(device))
      throw new RangeError(
        `Cannot open an engine on "${device}": not a device here (${devices.join(", ")} or auto is wanted)`,
      );
    return openOn({ device, threads });
  }
  const refused: string[] = [];
  for (const candidate of devices) {
    const notice = `device auto took ${candidate}${refused.length === 0 ? "" : ` (${refused.join("; ")})`}`;
    try {
      return await openOn({ device: candidate, threads, notice });
    } catch (error) {
      // The reason alone: what could be done about it is for those who asked for this device.
      const [, reason] = /^Cannot open an engine on \w+: (.*?)( \(.* wanted\))?$/s.exec((error as Error).message) ?? [];
      refused.push(`not ${candidate}: ${reason ?? (error as Error).message}`);
    }
  }
  throw new Error(`Cannot open an engine: ${refused.join("; ")}`);
}

/** Which devices can be opened here, each with the reason when not. */
export async function probeDevices(): Promise<
  readonly { readonly device: Device; readonly problem: string | undefined }[]
> {
  return Promise.all(
    devices.map(async (device) => {
      try {
        await (await openOn({ device })).close();
        return { device, problem: undefined };
      } catch (error) {
        return { device, problem: (error as Error).message };
      }
    }),
  );
}
