/** The world operator-actions, rule by rule: what may be proposed, who decides, what is tried again and when. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../support/cli.ts";
import { keepRecording } from "../support/keep-recording.ts";
import {
  action,
  actionOf,
  actionsOf,
  approve,
  audit,
  BY_HAND,
  COMPILE_TIMEOUT_MS,
  cancel,
  compileOnce,
  configure,
  faultsOf,
  KINDS,
  kind,
  lastEvent,
  opened,
  propose,
  proposeWorkflow,
  RETRY,
  reject,
  report,
  statusesOf,
} from "./operations.ts";
import { type Example, openExample } from "./world.ts";

beforeAll(compileOnce, COMPILE_TIMEOUT_MS);

const NONE = { retry_count: 0, next_retry_at: null, last_error: null, result: null };

describe("a proposal", () => {
  it("of an action waits for approval, under the id its proposer gave", async () => {
    const world = await opened();
    await propose(world, "a-1", "restart", { params: { service: { Text: "web" } }, by: "agent" });
    expect(await actionOf(world, "a-1")).toEqual({
      ...NONE,
      status: "Proposed",
      attempts: 0,
      workflow_id: null,
    });
    expect(await lastEvent(world, "ActionProposed")).toEqual({
      action_id: "a-1",
      workflow_id: null,
      kind: "restart",
      by: "agent",
    });
    await world.replays();
  });

  it("of a workflow creates it with its actions, in the order they were given", async () => {
    const world = await opened();
    await proposeWorkflow(world, "w-1", [action("passes"), action("purge", { region: { Text: "eu" } })], {
      name: "deploy",
    });
    expect(await lastEvent(world, "WorkflowCreated")).toEqual({
      workflow_id: "w-1",
      name: "deploy",
      action_count: 2,
    });
    expect(
      (await actionsOf(world, "w-1"))!.map((each) => [each.action_id, each.workflow_id, each.kind]),
    ).toEqual([
      ["w-1/1", "w-1", "passes"],
      ["w-1/2", "w-1", "purge"],
    ]);
    expect(await statusesOf(world, "w-1")).toEqual(["Proposed", "Proposed"]);
  });

  it("without an id gets a uuid, the same in a world that is told the same", async () => {
    const ids = async () => {
      const world = await opened();
      await propose(world, null, "passes");
      await proposeWorkflow(world, null, [action("passes")]);
      await world.replays();
      const proposed = (await world.events("ops/ActionProposed@1")) as { action_id: string }[];
      return proposed.map(({ action_id }) => action_id);
    };
    const first = await ids();
    expect(first[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(first[1]).not.toBe(`${first[0]}/1`);
    expect(await ids()).toEqual(first);
  });

  it("under an id that is taken is refused, and the first stays as it is", async () => {
    const world = await opened();
    await proposeWorkflow(world, "w-1", [action("passes")]);
    const before = await actionsOf(world, "w-1");
    await proposeWorkflow(world, "w-1", [action("hand"), action("hand")]);
    expect(await faultsOf(world)).toEqual(["duplicate_id"]);
    await propose(world, "w-1", "nothing");
    expect(await faultsOf(world)).toEqual(["duplicate_id", "unknown_kind 1"]);
    expect(await actionsOf(world, "w-1")).toEqual(before);
    await approve(world, "w-1");
    await propose(world, "w-1", "passes");
    expect(await faultsOf(world)).toEqual(["duplicate_id"]);
    expect(await statusesOf(world, "w-1")).toEqual(["Done"]);
  });

  const text = (value: string) => ({ Text: value });
  const int = (value: number) => ({ Int: value });
  const ACCEPTED: readonly (readonly [string, string, object])[] = [
    ["all of its parameters", "restart", { service: text("web"), grace_s: int(5), force: { Bool: true } }],
    ["only those it needs", "restart", { service: text("web") }],
    ["a text as short as may be", "restart", { service: text("ab") }],
    ["a text as long as may be, in code points", "restart", { service: text("äöü😀😀😀😀😀") }],
    ["a number at its lower end", "restart", { service: text("web"), grace_s: int(0) }],
    ["a number at its upper end", "restart", { service: text("web"), grace_s: int(600) }],
    ["a number without upper end", "scale", { to: int(9_007_199_254_740_991) }],
    ["a text without limits", "scale", { to: int(1), note: text("") }],
    ["one of the texts it may be", "purge", { region: text("us") }],
  ];
  it.each(ACCEPTED)("is accepted with %s", async (_, name, params) => {
    const world = await opened();
    await propose(world, "a", name, { params });
    expect(await statusesOf(world, "a")).toEqual(["Proposed"]);
    expect(await world.events("ops/ProposalRefused@1")).toEqual([]);
  });

  const REFUSED: readonly (readonly [string, string, object, readonly string[]])[] = [
    ["a kind there is not", "reboot", {}, ["unknown_kind 1"]],
    ["a parameter missing", "restart", {}, ["missing_parameter 1 service"]],
    ["a parameter there is not", "passes", { x: int(1) }, ["unknown_parameter 1 x"]],
    ["a text too short", "restart", { service: text("a") }, ["out_of_range 1 service"]],
    ["a text too long", "restart", { service: text("a".repeat(9)) }, ["out_of_range 1 service"]],
    ["a text that is none of those", "purge", { region: text("mars") }, ["not_allowed 1 region"]],
    ["a number below", "scale", { to: int(0) }, ["out_of_range 1 to"]],
    ["a number above", "restart", { service: text("web"), grace_s: int(601) }, ["out_of_range 1 grace_s"]],
    ["a number for a text", "restart", { service: int(1) }, ["wrong_type 1 service"]],
    ["a text for a number", "scale", { to: text("1") }, ["wrong_type 1 to"]],
    ["a bool for a number", "scale", { to: { Bool: true } }, ["wrong_type 1 to"]],
    ["a text for a bool", "restart", { service: text("web"), force: text("yes") }, ["wrong_type 1 force"]],
    [
      "several faults, all of them",
      "restart",
      { service: text(""), grace_s: text("x"), nope: int(1) },
      ["out_of_range 1 service", "wrong_type 1 grace_s", "unknown_parameter 1 nope"],
    ],
  ];
  it.each(REFUSED)("is refused with %s", async (_, name, params, expected) => {
    const world = await opened();
    await propose(world, "a", name, { params, by: "agent" });
    expect(await faultsOf(world)).toEqual(expected);
    expect(await lastEvent(world, "ProposalRefused")).toMatchObject({ proposal_id: "a", by: "agent" });
    expect(await actionsOf(world, "a")).toBeNull();
    expect(await world.events("ops/ActionProposed@1")).toEqual([]);
    await world.replays();
  });

  it("of a workflow is refused as a whole for one action, and all faults of all actions are told", async () => {
    const world = await opened();
    await proposeWorkflow(world, "w", [
      action("passes"),
      action("purge", { region: text("mars") }),
      action("reboot"),
      action("scale", { too: int(1) }),
    ]);
    expect(await faultsOf(world)).toEqual([
      "not_allowed 2 region",
      "unknown_kind 3",
      "missing_parameter 4 to",
      "unknown_parameter 4 too",
    ]);
    const { faults: told } = (await lastEvent(world, "ProposalRefused"))!;
    expect((told as object[])[0]).toEqual({
      action: 2,
      kind: "purge",
      parameter: "region",
      code: "not_allowed",
      message: "it is one of eu, us, found 'mars'",
    });
    expect(await actionsOf(world, "w")).toBeNull();
    expect(await world.events("ops/WorkflowCreated@1")).toEqual([]);
    await proposeWorkflow(world, "w", [action("passes")]);
    expect(await statusesOf(world, "w")).toEqual(["Proposed"]);
  });

  const many = (count: number) => Array.from({ length: count }, () => action("passes"));
  it.each([
    ["no action", "w", [], {}, ["no_actions"]],
    ["no name", "w", many(1), { name: "" }, ["no_name"]],
    ["65 actions", "w", many(65), {}, ["too_many_actions"]],
    ["more text than fits", "w", many(1), { description: "x".repeat(16_400) }, ["too_large"]],
    ["an id with a slash", "w/1", many(1), {}, ["bad_id"]],
    ["an empty id", "", many(1), {}, ["bad_id"]],
    ["an id that is too long", "w".repeat(65), many(1), {}, ["bad_id"]],
  ] as const)("of a workflow is refused with %s", async (_, id, actions, more, expected) => {
    const world = await opened();
    await proposeWorkflow(world, id, actions, more);
    expect(await faultsOf(world)).toEqual(expected);
    expect(await actionsOf(world, id)).toBeNull();
  });

  it("of a workflow may have 64 actions, which all start at once", async () => {
    const world = await opened();
    await configure(world, { kinds: [kind("hand", BY_HAND, { "text?": { Text: {} } }, 60_000)] });
    const params = { text: text("\u0001".repeat(200)) };
    await proposeWorkflow(
      world,
      "w",
      Array.from({ length: 64 }, () => action("hand", params)),
    );
    await approve(world, "w");
    expect(new Set(await statusesOf(world, "w"))).toEqual(new Set(["Running"]));
    expect(await world.recordsOfKind("effect_intent")).toHaveLength(64);
    await world.replays();
  });

  it("with more faults than are told says how many more", async () => {
    const world = await opened();
    const params = Object.fromEntries(Array.from({ length: 104 }, (_, i) => [`p${i}`, int(i)]));
    await propose(world, "a", "passes", { params });
    const told = (await lastEvent(world, "ProposalRefused"))!.faults as { code: string; message: string }[];
    expect(told).toHaveLength(101);
    expect(told.at(-1)).toMatchObject({ code: "more_faults", message: "and 4 more" });
  });

  it("is refused in observe-only mode, and accepted again after it", async () => {
    const world = await opened();
    await propose(world, "before", "flaky");
    await configure(world, { observe_only: true });
    await propose(world, "a", "passes");
    expect(await faultsOf(world)).toEqual(["observe_only"]);
    await proposeWorkflow(world, "w", [action("reboot")]);
    expect(await faultsOf(world)).toEqual(["observe_only", "unknown_kind 1"]);
    expect([await actionsOf(world, "a"), await actionsOf(world, "w")]).toEqual([null, null]);

    // What was proposed before is still people's to decide, and goes on.
    await approve(world, "before");
    await world.idle();
    expect(await statusesOf(world, "before")).toEqual(["Done"]);

    await configure(world, { observe_only: false });
    await propose(world, "a", "passes");
    expect(await statusesOf(world, "a")).toEqual(["Proposed"]);
    await world.replays();
  });
});

describe("a decision", () => {
  it("for an action starts it or ends it", async () => {
    const world = await opened();
    await propose(world, "yes", "passes");
    await propose(world, "no", "passes");
    await approve(world, "yes");
    await reject(world, "no");
    expect(await actionOf(world, "yes")).toMatchObject({ status: "Done", attempts: 1, result: "rehearsed" });
    expect(await actionOf(world, "no")).toMatchObject({ status: "Rejected", attempts: 0 });
    expect(await audit(world)).toEqual([
      "Configured",
      "ActionProposed yes",
      "ActionProposed no",
      "ActionApproved yes",
      "ActionStarted yes",
      "ActionDone yes",
      "ActionRejected no",
    ]);
  });

  it("for a workflow is one for all of its actions", async () => {
    const world = await opened();
    await proposeWorkflow(world, "yes", [action("hand"), action("passes"), action("hand")]);
    await approve(world, "yes");
    expect(await statusesOf(world, "yes")).toEqual(["Running", "Done", "Running"]);
    expect(await world.events("ops/ActionApproved@1")).toHaveLength(3);
    await proposeWorkflow(world, "no", [action("hand"), action("passes")]);
    await reject(world, "no");
    expect(await statusesOf(world, "no")).toEqual(["Rejected", "Rejected"]);
    expect(await lastEvent(world, "WorkflowEnded")).toMatchObject({ workflow_id: "no", rejected: 2 });
    await world.replays();
  });

  it("for one action of a workflow leaves the others, which a later one for the workflow decides", async () => {
    const world = await opened();
    await proposeWorkflow(world, "w", [action("hand"), action("passes"), action("passes")]);
    await reject(world, "w", "w/2");
    await approve(world, "w", "w/3");
    expect(await statusesOf(world, "w")).toEqual(["Proposed", "Rejected", "Done"]);
    await approve(world, "w");
    expect(await statusesOf(world, "w")).toEqual(["Running", "Rejected", "Done"]);
    await report(world, "w/1", true);
    expect(await lastEvent(world, "WorkflowEnded")).toEqual({
      workflow_id: "w",
      done: 2,
      failed: 0,
      rejected: 1,
      cancelled: 0,
    });
  });

  const decided = (decide: (world: Example, id: string) => Promise<unknown>) => async (world: Example) => {
    await propose(world, "a", "hand");
    await decide(world, "a");
  };
  it.each([
    ["approves what runs", decided(approve), approve, "already_decided"],
    ["approves what was rejected", decided(reject), approve, "already_decided"],
    ["approves what was cancelled", decided(cancel), approve, "already_decided"],
    ["rejects what runs", decided(approve), reject, "already_decided"],
    ["rejects what was rejected", decided(reject), reject, "already_decided"],
    ["cancels what was rejected", decided(reject), cancel, "already_decided"],
    ["cancels what was cancelled", decided(cancel), cancel, "already_decided"],
    ["approves what there is not", async () => {}, approve, "no_such_proposal"],
    ["rejects what there is not", async () => {}, reject, "no_such_proposal"],
    ["cancels what there is not", async () => {}, cancel, "no_such_proposal"],
  ] as const)("that %s is refused and changes nothing", async (_, before, command, code) => {
    const world = await opened();
    await before(world);
    const state = await actionsOf(world, "a");
    await command(world, "a");
    expect(await lastEvent(world, "CommandRefused")).toMatchObject({ proposal_id: "a", by: "anna", code });
    expect(await actionsOf(world, "a")).toEqual(state);
    await command(world, "a", "a/7");
    expect(await lastEvent(world, "CommandRefused")).toMatchObject({
      action_id: "a/7",
      code: state === null ? "no_such_proposal" : "no_such_action",
    });
    await world.replays();
  });
});

it("runs its scenario without any network, and is kept as a recording", async () => {
  const world = await openExample("operator-actions");
  const scenario = readFileSync(join(ROOT, "air/worlds/operator-actions/scenario.jsonl"), "utf8");
  for (const line of scenario.trim().split("\n")) {
    const { schema, value } = JSON.parse(line) as { schema: string; value: unknown };
    await world.send(schema, value);
  }
  await world.idle();
  expect(await statusesOf(world, "deploy-7")).toEqual(["Done", "Failed", "Failed"]);
  expect(await statusesOf(world, "disk-3")).toEqual(["Rejected"]);
  expect(await actionsOf(world, "deploy-8")).toBeNull();
  expect(await actionsOf(world, "disk-4")).toBeNull();
  expect((await world.events("ops/ProposalRefused@1")) as object[]).toHaveLength(2);
  // Of the arms a recording is to show, those the scenario leaves out.
  await configure(world, { observe_only: false, kinds: KINDS });
  await configure(world, { retry: { ...RETRY, base: 0 } });
  await propose(world, "hand", "hand");
  await approve(world, "hand");
  await world.engine.snapshot();
  await cancel(world, "hand");
  await report(world, "hand", false);
  await approve(world, "hand");
  await propose(world, "other-hand", "hand");
  await approve(world, "other-hand");
  await report(world, "other-hand", true);
  await world.replays();
  await keepRecording("operator-actions", world.journal);
});
