// What is in deploy/ is checked by what is at hand: it is read as YAML, its references lead somewhere, its commands are ours, and
// its query is answered by the catalogue. Neither Docker nor Helm runs.

import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { commands } from "../packages/cli/src/commands/index.ts";
import { parseLine } from "../packages/cli/src/flags/parse.ts";
import { commandFlags } from "../packages/cli/src/run-command-line.ts";
import { openCatalogue } from "@noisette/server/catalogue/catalogue";
import { openPglite } from "@noisette/server/catalogue/pglite";
import { sql } from "@noisette/server/catalogue/sql";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { emptyDataFolder } from "../fixtures/empty-catalogue.ts";

const read = (path: string): string => readFileSync(new URL(`../deploy/${path}`, import.meta.url), "utf8");

/** A node of YAML; tests look into it as deep as they need to. */
// oxlint-disable-next-line typescript/no-explicit-any
type Node = any;

/** Throws where a command or one of its flags is none of ours. */
async function checkCommand([name, ...line]: readonly string[]): Promise<void> {
  const { command } = await commands[name].load();
  const { words } = parseLine(line, commandFlags(command));
  expect(words).toEqual([]);
}

describe("compose.yaml", () => {
  const compose: Node = parse(read("compose.yaml"), { merge: true });

  test("compose.yaml() names only services and volumes that are there, and commands of ours", async () => {
    for (const [name, service] of Object.entries<Node>(compose.services)) {
      for (const other of Object.keys(service.depends_on ?? {})) expect(compose.services, name).toHaveProperty(other);
      for (const volume of service.volumes ?? []) {
        const [source] = String(volume).split(":");
        if (/^\w+$/.test(source)) expect(compose.volumes, name).toHaveProperty(source);
      }
      if (service.image === "noisette") await checkCommand(service.command);
    }
    for (const [name, condition] of Object.entries<Node>(compose.services.worker.depends_on))
      if (condition.condition === "service_healthy") expect(compose.services[name]).toHaveProperty("healthcheck");
  });

  test("compose.yaml() gives servers and workers the same three parts", () => {
    const parts = ["NOISETTE_QUEUE", "NOISETTE_DATABASE", "NOISETTE_IMAGES", "NOISETTE_MODELS"];
    const { server, worker } = compose.services;
    for (const part of parts) expect(worker.environment[part]).toBe(server.environment[part]);
    expect(server.environment).toHaveProperty("NOISETTE_KEY");
  });
});

/** Renders the part of Helm's templates that ours use. Throws for anything else. */
function render(template: string, { values, release }: { readonly values: Node; readonly release: string }): string {
  const valueOf = (expression: string): Node => {
    const [head, ...pipes] = expression.split("|").map((part) => part.trim());
    const sum = /^add (\S+) (\d+)$/.exec(head);
    if (sum !== null) return valueOf(sum[1]) + Number(sum[2]);
    let value: Node;
    if (head === ".Release.Name") value = release;
    else if (head.startsWith(".Values.")) {
      value = head
        .split(".")
        .slice(2)
        .reduce((node: Node, key) => node?.[key], values);
      if (value === undefined) throw new Error(`${head} is not in values.yaml`);
    } else throw new Error(`the test's renderer does not know "${expression}"`);
    for (const pipe of pipes) {
      if (pipe === "quote") value = JSON.stringify(String(value));
      else if (pipe === "toJson") value = JSON.stringify(value);
      else throw new Error(`the test's renderer does not know "${pipe}"`);
    }
    return value;
  };
  return template
    .replaceAll(/\n?\{\{- if (not )?(.+?) \}\}([\s\S]*?)\n\s*\{\{- end \}\}/g, (_, not, condition, body) =>
      Boolean(valueOf(condition)) !== Boolean(not) ? body : "",
    )
    .replaceAll(/\{\{ (.+?) \}\}/g, (_, expression) => String(valueOf(expression)));
}

/** The objects of the chart, under the release "it". */
function chartObjects({ autoscaling }: { readonly autoscaling: boolean }): Node[] {
  const values: Node = parse(read("helm/noisette/values.yaml"));
  values.autoscaling.enabled = autoscaling;
  return ["server", "worker", "autoscaling"].flatMap((name) =>
    parseAllDocuments(render(read(`helm/noisette/templates/${name}.yaml`), { values, release: "it" })).flatMap(
      (one) => {
        expect(one.errors).toEqual([]);
        const object = one.toJS();
        return object === null ? [] : [object];
      },
    ),
  );
}

const finder = (objects: readonly Node[]) => (kind: string, name: string) =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);

describe("the Helm chart", () => {
  test.each([true, false])(
    "the chart has a version, and objects that select, scale and mount what is there, with autoscaling %s",
    async (enabled) => {
      const objects = chartObjects({ autoscaling: enabled });
      const find = finder(objects);
      expect(parse(read("helm/noisette/Chart.yaml"))).toMatchObject({
        apiVersion: "v2",
        name: "noisette",
        type: "application",
      });
      for (const name of ["it-server", "it-worker"]) {
        const { spec } = find("Deployment", name);
        expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
        const [container] = spec.template.spec.containers;
        await checkCommand(container.args);
        const volumes = spec.template.spec.volumes.map((volume: Node) => volume.name);
        for (const mount of container.volumeMounts) expect(volumes).toContain(mount.name);
        const patience = Number(container.args[container.args.indexOf("--patience") + 1]);
        expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(patience);
      }
      const service = find("Service", "it");
      const server = find("Deployment", "it-server").spec.template;
      expect(server.metadata.labels).toMatchObject(service.spec.selector);
      expect(server.spec.containers[0].ports.map((port: Node) => port.name)).toContain(
        service.spec.ports[0].targetPort,
      );
      expect("replicas" in find("Deployment", "it-worker").spec).toBe(!enabled);
      expect(objects.length).toBe(enabled ? 5 : 3);
      if (!enabled) return;
      const { spec } = find("ScaledObject", "it-worker");
      expect(find("Deployment", spec.scaleTargetRef.name)).toBeDefined();
      expect(find("TriggerAuthentication", spec.triggers[0].authenticationRef.name)).toBeDefined();
      expect(spec.minReplicaCount).toBeLessThan(spec.maxReplicaCount);
    },
  );

  test("the ScaledObject asks the catalogue how many jobs wait or run", async () => {
    const data = await emptyDataFolder();
    const database = await openPglite(data);
    const catalogue = await openCatalogue(database);
    await database.query(sql`
      insert into jobs (id, owner, task, request, state)
      select state, '', 'generate', '{}', state from unnest(array['queued', 'running', 'done', 'failed', 'cancelled']) state`);
    const find = finder(chartObjects({ autoscaling: true }));
    const { query } = find("ScaledObject", "it-worker").spec.triggers[0].metadata;
    expect(await database.query({ strings: [query], values: [] })).toEqual([{ count: 2 }]);
    await catalogue.close();
    await rm(data, { recursive: true, force: true });
  });
});
