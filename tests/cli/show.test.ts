/** `airloom show`: the manifest as it was understood. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadWorldFolder } from "../../host/build/directory.ts";
import { airloomHere, copyWorld, jsonLines, ROOT } from "../support/cli.ts";

const WORLD = "air/worlds/retry-backoff";
const KEYED = "tests/rejected/route-key-type/accepted";

async function lines(folder: string): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await airloomHere(["show", folder]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout.trimEnd().split("\n");
}

const strip = (line: string): string => line.replace(/^[│├└─ ]+/, "");

describe("the tree", () => {
  it("has what a world consists of", async () => {
    const { manifest } = loadWorldFolder(join(ROOT, WORLD));
    const tree = (await lines(WORLD)).map(strip);
    expect(tree[0]).toBe(`manifest ${manifest.hash}`);
    for (const line of [
      "demo/StartWork@1",
      `demo/RetrySM@1 reducer, wasm ${manifest.modules.get("demo/RetrySM@1")!.wasmHash}`,
      "state demo/RetryState@1",
      "emits timer.set",
      "slot default (timer) -> timer_grant",
      "demo/RetryEvent@1 -> demo/RetrySM@1",
      "demo/StartWork@1 -> demo/RetrySM@1, as arm Start",
      "sys/TimerFired@1 -> demo/RetrySM@1, as arm Timer",
      "demo/WorkRequested@1 -> demo/WorkPlan@1, correlated by req_id",
      "input demo/WorkRequested@1",
      'step fail: raises demo/WorkErr@1 { req_id: @plan.input.req_id, message: "the service is down", transient: true }',
      "timer.set (sys/timer.set@1): sys/TimerSetParams@1 -> sys/TimerSetReceipt@1, under timer, for reducers",
      "of demo/timer@1 (timer), enforced by sys/CapAllowAll@1",
      "params {}",
      "never expires",
      "policy demo/allow-all@1 1 rule, then deny",
      "0 allow everything",
    ]) {
      expect(tree).toContain(line);
    }
  });

  it("writes guards, keys and conditions to be read", async () => {
    const tree = (await lines(KEYED)).map(strip);
    expect(tree).toContain("key t/Key@1");
    expect(tree).toContain("t/Go@1 -> t/M@1, as arm Go, key $value.id");
    expect(tree).toContain("edge look -> stop when @var:count >= 1");
    expect(tree).toContain("step look: count = @plan.input.count");
    expect(tree).toContain('params {"tag":"x"}');
    expect(tree).toContain("0 allow when effect_kind is timer.set and cap_name is g");
    expect(tree.find((line) => line.startsWith("t/M@1"))).toBe("t/M@1 reducer, not built");
  });

  it("has secrets and inboxes", async () => {
    const world = await copyWorld("retry-backoff");
    try {
      const secret = {
        $kind: "defsecret",
        name: "demo/key@1",
        binding_id: "env:KEY",
        allowed_plans: ["demo/WorkPlan@1"],
      };
      await writeFile(join(world.folder, "secrets.air.json"), JSON.stringify(secret));
      const path = join(world.folder, "manifest.air.json");
      const manifest = JSON.parse(await readFile(path, "utf8")) as { routing: object };
      const inboxes = [{ source: "mail", reducer: "demo/RetrySM@1" }];
      const routing = { ...manifest.routing, inboxes };
      await writeFile(path, JSON.stringify({ ...manifest, routing, secrets: [{ name: "demo/key@1" }] }));
      const tree = (await lines(world.folder)).map(strip);
      expect(tree).toContain("demo/key@1 from env:KEY, for any grant and demo/WorkPlan@1");
      expect(tree).toContain("mail -> demo/RetrySM@1");
    } finally {
      await world.remove();
    }
  });

  it("keeps control codes of the definitions out of the terminal", async () => {
    const world = await copyWorld("retry-backoff");
    try {
      const path = join(world.folder, "plans.air.json");
      const text = await readFile(path, "utf8");
      await writeFile(path, text.replace("the service is down", "\\u001b[31m\\n::error::down"));
      const tree = await lines(world.folder);
      expect(tree.join("\n")).not.toContain("\u001b");
      expect(tree.filter((line) => line.startsWith("::"))).toEqual([]);
    } finally {
      await world.remove();
    }
  });
});

describe("--json", () => {
  it("has the same as data", async () => {
    const { exitCode, stdout } = await airloomHere(["show", KEYED, "--json"]);
    expect(exitCode).toBe(0);
    const [view] = jsonLines(stdout);
    expect(view).toMatchObject({
      type: "manifest",
      modules: [
        {
          name: "t/M@1",
          kind: "reducer",
          key: "t/Key@1",
          effects: ["timer.set"],
          slots: [{ slot: "default", capType: "timer", grant: "g" }],
        },
      ],
      triggers: [{ event: "t/Go@1", plan: "t/P@1", correlateBy: "id" }],
      grants: [{ name: "g", cap: "t/timer@1", params: { tag: "x" }, expiryNs: null }],
      policy: {
        rules: [
          {
            decision: "allow",
            when: [
              ["effect_kind", "timer.set"],
              ["cap_name", "g"],
            ],
          },
        ],
      },
      secrets: [],
    });
    const routes = view!.routes as { event: string; arm: string | null; key: string | null }[];
    expect(routes).toContainEqual({ event: "t/Stop@1", module: "t/M@1", arm: "Stop", key: "$value.id" });
  });
});

describe("what cannot be shown", () => {
  it("is refused with its faults, or as missing", async () => {
    const faulty = await airloomHere(["show", "tests/rejected/route-key-type/refused", "--json"]);
    expect(faulty.exitCode).toBe(1);
    expect(jsonLines(faulty.stdout)[0]).toMatchObject({ code: "manifest.invalid" });
    expect(await airloomHere(["show", "air/worlds/nowhere"])).toMatchObject({ exitCode: 4 });
    expect(await airloomHere(["show"])).toMatchObject({ exitCode: 2 });
  });

  it("help has an example", async () => {
    expect((await airloomHere(["show", "--help"])).stdout).toMatch(/Example:\n {2}airloom show /);
  });
});
