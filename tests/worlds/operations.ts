/** What the tests of the world operator-actions share: its registry, its commands and its state in short. */

import { type Example, type ExampleOptions, openExample } from "./world.ts";

export const DESK = "ops/Desk@1";
export const PROPOSAL = "ops/Proposal@1";

export const MS = 1_000_000;
/** 400 ms, then 800 ms, then 1,600 ms and no longer; without jitter. */
export const RETRY = {
  max_attempts: 3,
  min_wait_ns: 200 * MS,
  max_wait_ns: 1_600 * MS,
  base: 2,
  jitter_percent: 0,
};

export const BY_HAND = { ByHand: null };
export const rehearsal = (failures: number) => ({ Rehearsal: { failures } });
export const http = (url: string, method = "POST") => ({ Http: { method, url } });

/** An action kind; parameters by name, those whose name ends in `?` not required. */
export function kind(name: string, runs: unknown, params: Record<string, unknown> = {}, deadlineMs?: number) {
  return {
    kind: name,
    runs,
    params: Object.entries(params).map(([param, type]) => ({
      name: param.replace("?", ""),
      type,
      required: !param.endsWith("?"),
    })),
    deadline_ns: deadlineMs === undefined ? null : deadlineMs * MS,
  };
}

/** A registry with a parameter of each type and range. */
export const KINDS = [
  kind("restart", rehearsal(0), {
    service: { Text: { min: 2, max: 8 } },
    "grace_s?": { Int: { min: 0, max: 600 } },
    "force?": { Bool: null },
  }),
  kind("purge", rehearsal(0), { region: { Text: { one_of: ["eu", "us"] } } }),
  kind("scale", rehearsal(0), { to: { Int: { min: 1 } }, "note?": { Text: {} } }),
  kind("hand", BY_HAND),
  kind("passes", rehearsal(0)),
  kind("flaky", rehearsal(1)),
  kind("broken", rehearsal(99)),
];

/** The world with that registry and policy. */
export async function opened(options: ExampleOptions = {}): Promise<Example> {
  const world = await openExample("operator-actions", options);
  await configure(world, { kinds: KINDS, retry: RETRY });
  return world;
}

/** Compiles the reducers, where no run before did: on a busy machine that takes longer than a test may. */
export async function compileOnce(): Promise<void> {
  const world = await openExample("operator-actions");
  await world.close();
}

export const COMPILE_TIMEOUT_MS = 300_000;

export const action = (name: string, params: object = {}, more: object = {}) => ({
  kind: name,
  params,
  ...more,
});

export const configure = (world: Example, value: object) => world.send("ops/Configure@1", value);

export const propose = (world: Example, id: string | null, name: string, more: object = {}) =>
  world.send("ops/ProposeAction@1", { action_id: id, kind: name, params: {}, ...more });

export const proposeWorkflow = (
  world: Example,
  id: string | null,
  actions: readonly object[],
  more: object = {},
) =>
  world.send("ops/ProposeWorkflow@1", {
    workflow_id: id,
    name: "a workflow",
    description: "",
    actions,
    ...more,
  });

export const approve = (world: Example, id: string, actionId: string | null = null) =>
  world.send("ops/Approve@1", { proposal_id: id, action_id: actionId, by: "anna" });

export const reject = (world: Example, id: string, actionId: string | null = null) =>
  world.send("ops/Reject@1", { proposal_id: id, action_id: actionId, by: "anna", reason: "no" });

export const cancel = (world: Example, id: string, actionId: string | null = null) =>
  world.send("ops/Cancel@1", { proposal_id: id, action_id: actionId, by: "anna", reason: "stop" });

/** Somebody who does work by hand says what came of it. */
export const report = (world: Example, actionId: string, ok: boolean, transient = true) =>
  world.send("ops/HandWorkReported@1", {
    action_id: actionId,
    ok,
    transient,
    message: ok ? "did it" : "down",
  });

export interface ActionState {
  readonly action_id: string;
  readonly workflow_id: string | null;
  readonly kind: string;
  readonly status: { readonly $tag: string };
  readonly attempts: number;
  readonly retry_count: number;
  readonly max_retries: number | null;
  /** Text above 2^53. */
  readonly next_retry_at: string | number | null;
  readonly last_error: string | null;
  readonly result: string | null;
  readonly idempotency_key: string;
}

/** The actions of a proposal; null where there is no such proposal. */
export async function actionsOf(world: Example, id: string): Promise<readonly ActionState[] | null> {
  const state = (await world.state(PROPOSAL, id)) as { readonly actions: readonly ActionState[] } | null;
  return state?.actions ?? null;
}

/** Fields of an action's state that people look at. */
export async function actionOf(world: Example, id: string, number = 0) {
  const state = (await actionsOf(world, id))?.[number];
  if (state === undefined) throw new Error(`no action ${number} of a proposal ${id}`);
  const { status, retry_count, next_retry_at, last_error, workflow_id, attempts, result } = state;
  return {
    status: status.$tag,
    retry_count,
    next_retry_at: next_retry_at === null ? null : BigInt(next_retry_at),
    last_error,
    workflow_id,
    attempts,
    result,
  };
}

export async function statusesOf(world: Example, id: string): Promise<string[]> {
  return ((await actionsOf(world, id)) ?? []).map(({ status }) => status.$tag);
}

/** The last event of a schema as plain JSON, null where there is none. */
export async function lastEvent(world: Example, name: string): Promise<Record<string, unknown> | null> {
  const events = await world.events(`ops/${name}@1`);
  return (events.at(-1) as Record<string, unknown> | undefined) ?? null;
}

/** Faults of the last proposal that was refused, each as its code and the action and parameter it is about. */
export async function faultsOf(world: Example): Promise<string[]> {
  const refused = await lastEvent(world, "ProposalRefused");
  const faults = refused!.faults as { action: number | null; parameter: string | null; code: string }[];
  return faults.map(({ action: number, parameter, code }) =>
    [code, number, parameter].filter((part) => part !== null).join(" "),
  );
}

/** Audit events so far, as `name` or `name action`, in order. */
export async function audit(world: Example): Promise<string[]> {
  const events = await world.recordsOfKind("domain_event");
  const said = events.flatMap(({ schema, value }) => {
    const name = /^ops\/(\w+)@1$/.exec(schema)?.[1];
    if (name === undefined || !AUDIT.has(name)) return [];
    const { action_id, workflow_id, proposal_id } = world.json(schema, value) as Record<string, string>;
    return [[name, action_id ?? workflow_id ?? proposal_id].filter((part) => part !== undefined).join(" ")];
  });
  return said;
}

/** Names of all audit events. */
export const AUDIT: ReadonlySet<string> = new Set([
  "Configured",
  "ConfigurationRefused",
  "ProposalRefused",
  "WorkflowCreated",
  "ActionProposed",
  "ActionApproved",
  "ActionRejected",
  "ActionStarted",
  "RetryScheduled",
  "RetryExhausted",
  "ActionDone",
  "ActionFailed",
  "ActionCancelled",
  "LateResult",
  "WorkflowEnded",
  "CommandRefused",
]);
