/** Random commands to the world operator-actions, beside a small model of its rules that is told what came in. */

import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { timerParams } from "../../host/adapters/timer/timer.ts";
import type { OpenIntent } from "../../host/effects/intent.ts";
import type { RecordOf } from "../../host/journal/record.ts";
import { framesOf } from "../support/world.ts";
import { runsOf, seedOf } from "../values/support.ts";
import {
  AUDIT,
  actionsOf,
  BY_HAND,
  COMPILE_TIMEOUT_MS,
  compileOnce,
  configure,
  kind,
  MS,
  RETRY,
  rehearsal,
} from "./operations.ts";
import { Model, type ModelKind, type Proposed, type RetryRules, type Told } from "./operator-model.ts";
import { type Example, openExample } from "./world.ts";

beforeAll(compileOnce, COMPILE_TIMEOUT_MS);

const KINDS = [
  kind("hand", BY_HAND),
  kind("timed", BY_HAND, {}, 700),
  kind("fine", rehearsal(0), { "n?": { Int: { max: 5 } } }),
  kind("flaky", rehearsal(1)),
  kind("broken", rehearsal(99)),
];
const MODEL_KINDS: ReadonlyMap<string, ModelKind> = new Map(
  KINDS.map((each) => [each.kind, each as ModelKind]),
);

/** Actions and the faults they have, by what they are in the journal. */
const GOOD = ["hand", "timed", "fine", "flaky", "broken"].map((name) => ({ kind: name, params: {} }));
const BAD = [
  { kind: "nope", params: {}, fault: "unknown_kind" },
  { kind: "fine", params: { n: { Int: 6 } }, fault: "out_of_range" },
  { kind: "fine", params: { n: { Text: "x" } }, fault: "wrong_type" },
  { kind: "hand", params: { x: { Bool: true } }, fault: "unknown_parameter" },
];
const faultOf = (given: object): string[] =>
  BAD.filter(({ kind: name, params }) => {
    const { kind: wanted, params: found } = given as { kind: string; params: object };
    return wanted === name && JSON.stringify(found) === JSON.stringify(params);
  }).map(({ fault }) => fault);

type Command = readonly [schema: string, value: object] | readonly [schema: "advance", ms: number];

const ids = fc.constantFrom("a", "a", "w", "w", "x");
const actionIds = fc.constantFrom("a", "a", "a/1", "w", "w/1", "w/1", "w/2", "x", "x/1");
const proposed = fc
  .tuple(
    fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(...GOOD) },
      { weight: 1, arbitrary: fc.constantFrom(...BAD) },
    ),
    fc.option(fc.nat(5)),
  )
  .map(([{ kind: name, params }, max_retries]) => ({ kind: name, params, max_retries }));
const retries = fc.record({
  max_attempts: fc.integer({ min: 1, max: 4 }),
  min_wait_ns: fc.constantFrom(0, 100 * MS, 250 * MS),
  max_wait_ns: fc.constantFrom(150 * MS, 900 * MS),
  base: fc.integer({ min: 1, max: 3 }),
  jitter_percent: fc.constantFrom(0, 0, 50, 100),
});

const proposalOf = (actionId: string) => actionId.split("/")[0];

const decision = (schema: string, more: object = {}): fc.Arbitrary<Command> =>
  fc
    .tuple(actionIds, fc.boolean())
    .map(([action, isForAll]) => [
      schema,
      { proposal_id: proposalOf(action), action_id: isForAll ? null : action, by: "anna", ...more },
    ]);

const commands: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.boolean().map((observe_only): Command => ["ops/Configure@1", { observe_only }]),
  },
  { weight: 1, arbitrary: retries.map((retry): Command => ["ops/Configure@1", { retry }]) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(ids, proposed)
      .map(([action_id, action]): Command => ["ops/ProposeAction@1", { action_id, ...action }]),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(ids, fc.array(proposed, { maxLength: 3 }))
      .map(
        ([workflow_id, actions]): Command => [
          "ops/ProposeWorkflow@1",
          { workflow_id, name: "n", description: "", actions },
        ],
      ),
  },
  { weight: 7, arbitrary: decision("ops/Approve@1") },
  { weight: 2, arbitrary: decision("ops/Reject@1", { reason: "no" }) },
  { weight: 2, arbitrary: decision("ops/Cancel@1", { reason: "stop" }) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(actionIds, fc.boolean(), fc.boolean())
      .map(
        ([action_id, ok, transient]): Command => [
          "ops/HandWorkReported@1",
          { action_id, ok, transient, message: ok ? "did it" : "down" },
        ],
      ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(actionIds, fc.constantFrom(1, 1, 2, 0, 3), fc.boolean(), fc.boolean()).map(
      ([action_id, attempt, ok, transient]): Command => [
        `ops/Attempt${ok ? "Ok" : "Err"}@1`,
        {
          proposal_id: proposalOf(action_id),
          action_id,
          attempt,
          message: "forged",
          http_status: null,
          ...(ok ? {} : { transient }),
        },
      ],
    ),
  },
  { weight: 6, arbitrary: fc.constantFrom(1, 100, 250, 800).map((ms): Command => ["advance", ms]) },
);

async function run(world: Example, given: readonly Command[]): Promise<void> {
  await configure(world, { kinds: KINDS, retry: RETRY });
  for (const [what, value] of given) {
    if (what === "advance") await world.advance(BigInt(value as number) * BigInt(MS));
    else await world.send(what, value);
  }
}

/** What came in with each frame of the journal is told to the model; what either tells must be the same. */
async function compare(world: Example): Promise<Model> {
  const model = new Model(MODEL_KINDS, RETRY);
  const timers = new Map<string, ReturnType<typeof timerParams>>();
  for (const frame of await framesOf(world.journal)) {
    const [ingress] = frame.records;
    const told = frame.records.flatMap((record) =>
      record.kind === "domain_event" ? toldOf(world, record) : [],
    );
    const scheduled = told.filter(([name]) => name === "RetryScheduled").map(([, fields]) => fields);
    model.now = frame.head.logicalNs;
    model.scheduled = new Map(
      scheduled.map((fields) => [
        `${fields.action_id} ${fields.retry_count}`,
        BigInt(fields.next_retry_at as string),
      ]),
    );
    if (ingress!.kind === "domain_event")
      tell(model, ingress!.schema, world.json(ingress!.schema, ingress!.value) as Given);
    if (ingress!.kind === "effect_receipt") {
      const { deadlineNs, key } = timers.get(`${ingress!.intentFrame}.${ingress!.intentOrdinal}`)!;
      const late = frame.head.logicalNs - deadlineNs;
      expect(late >= 0n && late < BigInt(MS)).toBe(true);
      model.timer(key!);
    }
    for (const record of frame.records) {
      if (record.kind === "effect_intent")
        timers.set(
          `${frame.head.frame}.${record.ordinal}`,
          timerParams({ params: record.params } as OpenIntent),
        );
    }
    expect(told).toMatchObject(model.told);
    expect(told).toHaveLength(model.told.length);
    model.told = [];
  }
  return model;
}

function toldOf(world: Example, { schema, value }: RecordOf<"domain_event">): Told[] {
  const name = /^ops\/(\w+)@1$/.exec(schema)?.[1];
  if (name === undefined || !AUDIT.has(name) || name === "Configured") return [];
  const fields = world.json(schema, value) as Record<string, unknown>;
  const faults = fields.faults as { code: string }[] | undefined;
  return [[name, { ...fields, ...(faults === undefined ? {} : { faults: faults.map(({ code }) => code) }) }]];
}

/** Fields of the events that come in, each of which has some of them. */
interface Given extends Proposed {
  readonly observe_only: boolean | null;
  readonly retry: RetryRules | null;
  readonly action_id: string;
  readonly workflow_id: string;
  readonly proposal_id: string;
  readonly name: string;
  readonly actions: readonly Proposed[];
  readonly attempt: number;
  readonly ok: boolean;
  readonly transient?: boolean;
  readonly message: string;
}

function tell(model: Model, schema: string, value: Given): void {
  const name = schema.slice("ops/".length, -"@1".length);
  if (name === "Configure") {
    model.observeOnly = value.observe_only ?? model.observeOnly;
    model.retry = value.retry ?? model.retry;
  } else if (name === "ProposeAction") model.propose(value.action_id, null, [value], faultOf(value));
  else if (name === "ProposeWorkflow") {
    model.propose(value.workflow_id, value.name, value.actions, value.actions.flatMap(faultOf));
  } else if (name === "HandWorkReported") model.report(value.action_id, value.ok, value.transient!);
  else if (name === "Approve" || name === "Reject" || name === "Cancel") {
    model.decide(name, value.proposal_id, value.action_id);
  } else {
    const { proposal_id: proposal, action_id: action, attempt, message } = value;
    model.result({ proposal, action, attempt }, name === "AttemptOk", value.transient ?? false, message);
  }
}

async function finalStates(world: Example, model: Model): Promise<void> {
  for (const id of ["a", "w", "x"]) {
    const found = await actionsOf(world, id);
    const expected = model.proposals.get(id)?.actions.map((action) => ({
      action_id: action.id,
      workflow_id: action.workflow,
      status: { $tag: action.status },
      attempts: action.attempts,
      retry_count: action.failures,
      max_retries: action.own,
      next_retry_at: action.next === null ? null : String(action.next),
      last_error: action.error,
      result: action.result,
    }));
    if (expected === undefined) expect(found).toBeNull();
    else expect(found).toMatchObject(expected);
  }
}

describe("the world operator-actions", () => {
  it("does what its model says, whatever it is told in whatever order", async () => {
    const statuses = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(commands, { maxLength: 50, size: "max" }), async (given) => {
        const world = await openExample("operator-actions");
        try {
          await run(world, given);
          const model = await compare(world);
          await finalStates(world, model);
          await world.replays();
          for (const { actions } of model.proposals.values()) {
            for (const { status } of actions) statuses.set(status, (statuses.get(status) ?? 0) + 1);
          }
        } finally {
          await world.close();
        }
      }),
      {
        seed: seedOf("operator model"),
        numRuns: runsOf(200, 40),
        endOnFailure: false,
      },
    );
    // A series that never gets anywhere proves nothing.
    expect([...statuses.keys()].toSorted()).toEqual([
      "Cancelled",
      "Done",
      "Failed",
      "Proposed",
      "Rejected",
      "Running",
      "Waiting",
    ]);
  }, 600_000);
});
