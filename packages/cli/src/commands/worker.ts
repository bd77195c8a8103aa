// `noisette worker`: does jobs that servers accepted, until Ctrl-C or SIGTERM.

import { UsageError } from "../usage-error.ts";
import { interruptible, Interrupted, untilStopped } from "../terminal/interrupt.ts";
import { defineCommand } from "./command.ts";
import { engineOptions, jobOptions, jobPresentations } from "./job-options.ts";
import { sharedOptions, sharedParts, sharedPresentations } from "./shared-options.ts";

const workerOptions = jobOptions.extend(sharedOptions.shape);

/** `noisette worker`. */
export const command = defineCommand({
  usage: ["noisette worker --queue URL --database URL --images URL [flags]"],
  about:
    "Does the jobs of servers that were started with the same queue, database and pictures: those whose model it has, first those whose model is open. Ctrl-C or SIGTERM lets the running job finish or gives it back.",
  options: workerOptions,
  presentations: { ...jobPresentations, ...sharedPresentations },
  groups: ["Shared", "Folders", "Model", "Memory", "Safety"],
  async run(given) {
    const options = workerOptions.parse(given);
    const shared = sharedParts(options);
    if (shared === undefined)
      throw new UsageError(
        "Cannot work: there is no queue to take jobs from (--queue, --database and --images are wanted)",
      );
    const { startWorker } = await import("@noisette/server/worker");
    await interruptible(async (signal) => {
      const worker = await startWorker({ shared, ...(await engineOptions(options)) });
      try {
        if (options.preload) await worker.preload();
        process.stdout.write("ready\n");
        await untilStopped(signal);
      } finally {
        await worker.close({ patienceMs: 1000 * options.patience });
      }
    }).catch((error: unknown) => {
      // Being stopped is how a worker ends well.
      if (!(error instanceof Interrupted)) throw error;
    });
  },
});
