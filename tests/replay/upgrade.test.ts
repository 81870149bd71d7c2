/** What going from one set of definitions to another would change for recordings, grouped by what it comes from. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { airloom, airloomHere, copyWorld, installModule } from "../support/cli.ts";
import { recordingPath } from "../support/keep-recording.ts";
import { changedReducer } from "../support/modules.ts";

const NAME = "retry-backoff-recovers";
const RECORDING = recordingPath(NAME);
/** A changed reducer is compiled where no run before has kept it. */
const COMPILING_MS = 120_000;
const folders: { readonly folder: string; remove(): Promise<void> }[] = [];
let before: string;
/** Recordings under names of their own: the committed one, and one whose name tries to be markup. */
let corpus: string;

beforeAll(async () => {
  before = (await copied()).folder;
  corpus = join((await copied()).folder, "journals");
  mkdirSync(corpus);
  for (const name of ["a.airj", "b <b>.airj"]) writeFileSync(join(corpus, name), readFileSync(RECORDING));
});
afterAll(async () => {
  for (const { remove } of folders) await remove();
});

async function copied() {
  const copy = await copyWorld(NAME);
  folders.push(copy);
  return copy;
}

/** The world with these files changed. */
async function changed(
  edits: Readonly<Record<string, readonly [from: string, to: string]>>,
): Promise<string> {
  const { folder } = await copied();
  for (const [file, [from, to]] of Object.entries(edits)) {
    const text = readFileSync(join(folder, file), "utf8");
    expect(text).toContain(from);
    writeFileSync(join(folder, file), text.replace(from, to));
  }
  return folder;
}

interface Upgraded {
  readonly exitCode: number | null;
  readonly json: {
    readonly upgrade: {
      readonly changes: unknown[];
      readonly causes: { cause: unknown; recordings: string[] }[];
    };
    readonly recordings: { verdict: string; divergence: unknown; upgrade: Record<string, never> | null }[];
  };
}

async function upgrade(after: string): Promise<Upgraded> {
  const { exitCode, stdout } = await airloomHere([
    "replay",
    corpus,
    "--against",
    after,
    "--compare",
    before,
    "--json",
  ]);
  return { exitCode, json: JSON.parse(stdout) as Upgraded["json"] };
}

const POLICY = '{ "when": {}, "decision": "allow" }';
const DENY_TIMERS = `{ "when": { "effect_kind": "timer.set" }, "decision": "deny" }`;

describe("an upgrade", () => {
  it("to definitions laid out otherwise changes nothing", async () => {
    const after = await changed({ "policies.air.json": [POLICY, '{"when":{},"decision":"allow"}'] });
    const { exitCode, json } = await upgrade(after);
    expect(exitCode).toBe(0);
    expect(json.upgrade).toMatchObject({ changes: [], causes: [] });
    expect(json.recordings.map(({ verdict }) => verdict)).toEqual(["identical", "identical"]);
  });

  it("of a plan names the plan, and the paths its instances would take", async () => {
    const after = await changed({
      "plans.air.json": [
        '"op": "lt", "args": [{ "ref": "@var:attempt" }, { "nat": 2 }]',
        '"op": "le", "args": [{ "ref": "@var:attempt" }, { "nat": 2 }]',
      ],
    });
    const { exitCode, json } = await upgrade(after);
    expect(exitCode).toBe(1);
    const plan = { kind: "plan", name: "demo/WorkPlan@1", change: "changed" };
    expect(json.upgrade.changes).toEqual([plan]);
    expect(json.upgrade.causes).toMatchObject([{ cause: plan }]);
    expect(json.upgrade.causes[0]!.recordings).toHaveLength(2);
    expect(json.recordings[0]).toMatchObject({
      verdict: "effects_changed",
      cause: plan,
      upgrade: { flips: [] },
    });
    const paths = json.recordings[0]!.upgrade!.paths as unknown as { before: string; after: string }[];
    expect(paths).toContainEqual(
      expect.objectContaining({ before: "attempt > succeed: ok", after: "attempt > fail > succeed: ok" }),
    );
  });

  it("of a policy names the decisions that flip, all of them", async () => {
    const after = await changed({ "policies.air.json": [POLICY, `${DENY_TIMERS}, ${POLICY}`] });
    const { json } = await upgrade(after);
    const [first] = json.recordings;
    expect(first).toMatchObject({
      verdict: "effects_changed",
      divergence: { kind: "policy_decision", field: "decision" },
      cause: { kind: "policy", name: "demo/allow-all@1" },
    });
    const recorded = readFileSync(RECORDING, "utf8").match(/"policy_decision":/g)!.length;
    expect(first!.upgrade!.flips).toMatchObject([
      { effectKind: "timer.set", before: "allow by rule 0", after: "deny by rule 0", count: recorded },
    ]);
  });

  it(
    "of a reducer names the module",
    async () => {
      const { folder } = await copied();
      await installModule(
        folder,
        await changedReducer(NAME, (text) => text.replace("s.attempt - 1)", "s.attempt)")),
      );
      const { json } = await upgrade(folder);
      expect(json.recordings[0]).toMatchObject({
        verdict: "effects_changed",
        divergence: { kind: "effect_intent", field: "params.deliver_at_ns" },
        cause: { kind: "module", name: "demo/RetrySM@1", change: "changed" },
        upgrade: { paths: [], flips: [] },
      });
    },
    COMPILING_MS,
  );

  it("of a trigger and of a schema names each", async () => {
    const trigger = await changed({
      "manifest.air.json": [`"correlate_by": "req_id"`, `"correlate_by": "payload"`],
    });
    expect((await upgrade(trigger)).json.recordings[0]).toMatchObject({
      cause: { kind: "triggers" },
    });
    const schema = await changed({
      "schemas.air.json": [`"now_ns": { "nat": {} }`, `"now_ns": { "nat": {} }, "priority": { "nat": {} }`],
    });
    const { json } = await upgrade(schema);
    expect(json.recordings[0]).toMatchObject({
      verdict: "faulted",
      divergence: { reason: "refused" },
      cause: { kind: "schema", name: "demo/StartWork@1" },
    });
  });
});

describe("its report", () => {
  it("says the same in words, on the terminal and in Markdown, and lets no name be markup", async () => {
    const after = await changed({ "policies.air.json": [POLICY, `${DENY_TIMERS}, ${POLICY}`] });
    const file = join(after, "upgrade.md");
    const args = ["replay", corpus, "--against", after, "--compare", before, "--report", `markdown=${file}`];
    const { exitCode, stdout } = await airloomHere(args);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("policy demo/allow-all@1 changed: 2 recordings");
    expect(stdout).toContain(
      "decision flips: timer.set by reducer demo/RetrySM@1 under timer_grant: allow by rule 0 -> deny by rule 0",
    );
    expect(stdout).toContain("path changes: demo/WorkPlan@1:");
    const markdown = readFileSync(file, "utf8");
    expect(markdown).toContain("### Upgrade: 2 effects changed");
    expect(markdown).toContain("First differences by cause:");
    expect(markdown).toContain("decision flips");
    expect(markdown).not.toContain("<b>");
  });

  it("is the same from threads", async () => {
    const after = await changed({ "plans.air.json": ["the service is down", "gone"] });
    const args = ["replay", corpus, "--against", after, "--compare", before, "--jobs", "2"];
    const [here, there] = [await airloomHere(args), await airloom(args)];
    expect(there).toEqual(here);
  });
});

describe("a comparison", () => {
  it("needs definitions to go to, and recordings", async () => {
    expect(await airloomHere(["replay", corpus, "--compare", before])).toMatchObject({ exitCode: 2 });
    const world = ["replay", before, "--against", before, "--compare", before];
    expect(await airloomHere(world)).toMatchObject({ exitCode: 2 });
  });

  it("of a folder that is not there or not built cannot be made", async () => {
    const args = ["replay", corpus, "--against", join(before, "gone"), "--compare", before, "--json"];
    expect((await airloomHere(args)).exitCode).toBe(4);
    const zeros = await changed({
      "module.air.json": [
        /sha256:[0-9a-f]{64}/.exec(readFileSync(join(before, "module.air.json"), "utf8"))![0],
        `sha256:${"1".repeat(64)}`,
      ],
    });
    expect(
      (await airloomHere(["replay", corpus, "--against", zeros, "--compare", before, "--json"])).exitCode,
    ).toBe(4);
  });

  it("of a recording that was changed says so first", async () => {
    const { folder } = await copied();
    const text = readFileSync(RECORDING, "utf8");
    writeFileSync(join(folder, "forged.airj"), text.replace('"req_id":"first"', '"req_id":"fi_st"'));
    const args = ["replay", join(folder, "forged.airj"), "--against", before, "--compare", before, "--json"];
    const { exitCode, stdout } = await airloomHere(args);
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      recordings: [{ verdict: "cannot_run", error: { kind: "corrupt" } }],
    });
  });
});
