// `npm run bench -- NAME [options]`: runs one benchmark.

const benchmarks: Readonly<Record<string, () => Promise<{ readonly run: (args: string[]) => Promise<void> }>>> = {
  unet: () => import("./unet.ts"),
  train: () => import("./train.ts"),
  adapters: () => import("./adapters.ts"),
  lora: () => import("./lora.ts"),
};

const [name, ...args] = process.argv.slice(2);
if (!Object.hasOwn(benchmarks, name ?? "")) {
  console.error(`usage: npm run bench -- ${Object.keys(benchmarks).join("|")} [options]`);
  process.exit(2);
}
await (await benchmarks[name]()).run(args);
