import { describe, expect, it } from "vitest";
import { commands } from "../commands/index.ts";
import { commandFlags } from "../run-command-line.ts";
import { helpPage } from "./help.ts";

describe.each(Object.entries(commands))("helpPage() of %s", (name, row) => {
  it("helpPage() fits into 80 columns when printed", async () => {
    const { command } = await row.load();
    const page = helpPage(command, commandFlags(command));
    expect(page.split("\n").filter((line) => [...line].length > 80)).toEqual([]);
    await expect(page).toMatchFileSnapshot(`./help/${name.replace(" ", "-")}.txt`);
  });
});
