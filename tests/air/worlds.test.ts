import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { manifestFromNodes } from "../../host/air/nodes.ts";
import { loadWorldFolder } from "../../host/build/directory.ts";
import { jsonFrom } from "../../host/values/json.ts";
import { inOrder } from "./in-order.ts";

const WORLDS = fileURLToPath(new URL("../../air/worlds/", import.meta.url));
const load = (name: string) => loadWorldFolder(`${WORLDS}${name}`);

describe.each(readdirSync(WORLDS))("the world %s", (name) => {
  const { manifest, settings, warnings, root } = load(name);

  test("loads without a warning", () => {
    expect(warnings).toEqual([]);
  });

  test("is made again from its recorded nodes", () => {
    const again = manifestFromNodes(manifest.hash, (hash) => manifest.nodes.get(hash));
    expect(inOrder(again)).toEqual(inOrder(manifest));
  });

  test("names a source for each module", () => {
    expect([...settings.modules.keys()]).toEqual([...manifest.modules.keys()]);
    for (const { source } of settings.modules.values())
      expect(source).toMatch(/\/assembly\/reducers\/.+\.ts$/);
  });

  test("has a scenario of events it takes", () => {
    const lines = readFileSync(`${root}/scenario.jsonl`, "utf8").trim().split("\n");
    const steps = [...manifest.plans.values()].flatMap(({ definition }) => definition.steps);
    const awaited = steps.flatMap((step) => (step.op === "await_event" ? [step.event] : []));
    const taken = new Set([...manifest.routes.keys(), ...manifest.triggers.keys(), ...awaited]);
    for (const line of lines) {
      const { schema, value } = JSON.parse(line);
      expect(taken).toContain(schema);
      // `{"$now": true}` stands for a time in nanoseconds.
      const sample = { ...value, ...(value.now_ns?.$now === true ? { now_ns: 1 } : {}) };
      expect(() => manifest.schemas.get(schema)!.parse(jsonFrom(sample))).not.toThrow();
    }
  });
});

describe("retry-backoff", () => {
  const { manifest } = load("retry-backoff");
  const reducer = manifest.reducers.get("demo/RetrySM@1")!;

  test("routes the event of its reducer, and each of its arms wrapped", () => {
    const arms = [...manifest.routes].map(([schema, routes]) => [schema, routes.map(({ arm }) => arm)]);
    expect(new Map(arms as [string, string[]][])).toEqual(
      new Map([
        ["demo/RetryEvent@1", [null]],
        ["demo/StartWork@1", ["Start"]],
        ["demo/WorkOk@1", ["Ok"]],
        ["demo/WorkErr@1", ["Err"]],
        ["sys/TimerFired@1", ["Timer"]],
      ]),
    );
    for (const [route] of manifest.routes.values()) {
      expect(route).toMatchObject({ reducer, keyPath: null, keyWrapped: false });
    }
  });

  test("brings timers back to the reducer that set them", () => {
    expect(reducer.receiptArms).toEqual(new Map([["sys/TimerFired@1", "Timer"]]));
  });

  test("binds the slot of the reducer to the timer grant", () => {
    const grant = reducer.bindings.get("default")!;
    expect(grant).toBe(manifest.grants.get("timer_grant"));
    expect(grant).toMatchObject({ cap: { name: "demo/timer@1", capType: "timer" }, expiryNs: null });
    expect([...manifest.effects.keys()]).toEqual(["timer.set"]);
  });

  test("starts its plan by the requested work, correlated by request", () => {
    const triggers = manifest.triggers.get("demo/WorkRequested@1")!;
    expect(triggers).toEqual([{ plan: manifest.plans.get("demo/WorkPlan@1"), correlateBy: ["req_id"] }]);
  });

  test("decides by its policy", () => {
    expect(manifest.policy).toMatchObject({
      name: "demo/allow-all@1",
      rules: [{ when: {}, decision: "allow" }],
    });
  });
});

describe("the workflow spelling", () => {
  test("makes the same routes, triggers and grants", () => {
    const plain = load("retry-backoff").manifest;
    const { manifest } = load("retry-backoff-workflow");
    const [mine, other] = [plain, manifest].map(({ routes, triggers, grants, plans }) =>
      inOrder([
        [...routes].map(([schema, list]) => [schema, list.map(({ arm, keyPath }) => [arm, keyPath])]),
        [...triggers].map(([schema, list]) => [schema, list.map(({ plan }) => plan.hash)]),
        [...grants.values()].map(({ hash }) => hash),
        [...plans.values()].map(({ hash }) => hash),
      ]),
    );
    expect(other).toEqual(mine);
    expect(manifest.reducers.get("demo/RetrySM@1")?.module.moduleKind).toBe("workflow");
    expect(manifest.hash).not.toBe(plain.hash);
  });
});

describe("retry-backoff-recovers", () => {
  test("guards two ways by the attempt", () => {
    const { definition } = load("retry-backoff-recovers").manifest.plans.get("demo/WorkPlan@1")!;
    const guards = definition.edges.map(({ to, when }) => [to, when?.kind === "op" ? when.op : null]);
    expect(guards).toEqual([
      ["fail", "lt"],
      ["succeed", "ge"],
    ]);
  });
});
