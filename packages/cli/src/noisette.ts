#!/usr/bin/env node
// The command: `noisette "a red fox"`, `noisette <command>`. Statuses: 0 done, 1 failed, 2 wrongly called, 130 Ctrl-C.

import { runCommandLine } from "./run-command-line.ts";

// A reader that has read enough (`noisette samplers | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

process.exitCode = await runCommandLine(process.argv.slice(2));
