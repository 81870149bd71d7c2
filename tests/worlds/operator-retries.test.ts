/** The world operator-actions at work: what is cancelled, what is tried again and when, what comes too late. */

import { beforeAll, describe, expect, it } from "vitest";
import { T } from "../support/world.ts";
import {
  action,
  actionOf,
  actionsOf,
  approve,
  BY_HAND,
  COMPILE_TIMEOUT_MS,
  cancel,
  compileOnce,
  configure,
  faultsOf,
  kind,
  lastEvent,
  MS,
  opened,
  propose,
  proposeWorkflow,
  RETRY,
  report,
  statusesOf,
} from "./operations.ts";
import type { Example } from "./world.ts";

beforeAll(compileOnce, COMPILE_TIMEOUT_MS);

const ns = (ms: number) => BigInt(ms) * BigInt(MS);

describe("a cancelled action", () => {
  it("that was not approved never runs", async () => {
    const world = await opened();
    await proposeWorkflow(world, "w", [action("passes"), action("passes")]);
    await cancel(world, "w", "w/1");
    await approve(world, "w");
    expect(await statusesOf(world, "w")).toEqual(["Cancelled", "Done"]);
    expect(await lastEvent(world, "ActionCancelled")).toEqual({
      action_id: "w/1",
      workflow_id: "w",
      by: "anna",
      reason: "stop",
    });
    expect(await world.events("ops/ActionStarted@1")).toHaveLength(1);
  });

  it("that waited to be tried again is not: the timer finds nothing to do", async () => {
    const world = await opened();
    await propose(world, "a", "broken");
    await approve(world, "a");
    expect(await actionOf(world, "a")).toMatchObject({ status: "Waiting", retry_count: 1 });
    await cancel(world, "a");
    const cancelled = await actionOf(world, "a");
    expect(cancelled).toMatchObject({ status: "Cancelled", next_retry_at: null, retry_count: 1 });
    await world.idle();
    expect(await world.recordsOfKind("effect_receipt")).toHaveLength(1);
    expect(await actionOf(world, "a")).toEqual(cancelled);
    expect(await world.events("ops/ActionStarted@1")).toHaveLength(1);
    await world.replays();
  });

  it.each([
    ["ends well", true, { result: "did it", last_error: null, retry_count: 0 }],
    ["fails", false, { result: null, last_error: "down", retry_count: 1 }],
  ] as const)("that ran and %s stays cancelled, and keeps what came of it", async (_, ok, kept) => {
    const world = await opened();
    await propose(world, "a", "hand");
    await approve(world, "a");
    await cancel(world, "a");
    await report(world, "a", ok);
    expect(await actionOf(world, "a")).toMatchObject({ status: "Cancelled", next_retry_at: null, ...kept });
    expect(await lastEvent(world, "LateResult")).toMatchObject({ action_id: "a", attempt: 1, ok });
    expect(await world.recordsOfKind("effect_intent")).toEqual([]);
    await world.send("ops/AttemptOk@1", {
      proposal_id: "a",
      action_id: "a",
      attempt: 1,
      message: "again",
      http_status: null,
    });
    expect(await actionOf(world, "a")).toMatchObject({ status: "Cancelled", ...kept });
    await world.replays();
  });

  it("of a workflow ends it with the others: done ones stay done", async () => {
    const world = await opened();
    await proposeWorkflow(world, "w", [
      action("passes"),
      action("hand"),
      action("broken"),
      action("broken", {}, { max_retries: 1 }),
    ]);
    await approve(world, "w");
    expect(await statusesOf(world, "w")).toEqual(["Done", "Running", "Waiting", "Failed"]);
    await cancel(world, "w");
    expect(await statusesOf(world, "w")).toEqual(["Done", "Cancelled", "Cancelled", "Failed"]);
    expect(await world.events("ops/WorkflowEnded@1")).toEqual([
      { workflow_id: "w", done: 1, failed: 1, rejected: 0, cancelled: 2 },
    ]);
  });
});

describe("an action that fails", () => {
  it("is tried again after min_wait * base^n, n counted from 1, until its attempts are used up", async () => {
    const world = await opened();
    await propose(world, "a", "broken");
    await approve(world, "a");
    expect(await actionOf(world, "a")).toMatchObject({
      status: "Waiting",
      retry_count: 1,
      next_retry_at: T + ns(400),
      last_error: "a rehearsed failure",
    });
    await world.advance(ns(400) - 1n);
    expect(await actionOf(world, "a")).toMatchObject({ attempts: 1 });
    await world.advance(1n);
    expect(await actionOf(world, "a")).toMatchObject({
      attempts: 2,
      retry_count: 2,
      next_retry_at: T + ns(1200),
    });
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({
      status: "Failed",
      attempts: 3,
      retry_count: 3,
      next_retry_at: null,
    });
    const about = { action_id: "a", workflow_id: null };
    expect(await world.events("ops/RetryScheduled@1")).toEqual([
      { ...about, retry_count: 1, next_retry_at: String(T + ns(400)) },
      { ...about, retry_count: 2, next_retry_at: String(T + ns(1200)) },
    ]);
    expect(await world.events("ops/RetryExhausted@1")).toEqual([
      { ...about, retry_count: 3, max_retries: 3, last_error: "a rehearsed failure" },
    ]);
    expect(await lastEvent(world, "ActionFailed")).toMatchObject({ ...about, attempts: 3 });
    await world.replays();
  });

  it.each([
    ["10 of its own under a policy of 3", 3, 10, 3],
    ["none of its own under a policy of 3", 3, null, 3],
    ["2 of its own under a policy of 3", 3, 2, 2],
    ["1 of its own", 3, 1, 1],
    ["0 of its own", 3, 0, 1],
    ["a policy of 1", 1, 10, 1],
    ["a policy of 5", 5, 10, 5],
  ] as const)("with %s is exhausted", async (_, maxAttempts, own, attempts) => {
    const world = await opened();
    await configure(world, { retry: { ...RETRY, max_attempts: maxAttempts } });
    await propose(world, "a", "broken", { max_retries: own });
    await approve(world, "a");
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({
      status: "Failed",
      attempts,
      retry_count: attempts,
    });
    expect(await world.events("ops/RetryScheduled@1")).toHaveLength(attempts - 1);
    expect(await lastEvent(world, "RetryExhausted")).toMatchObject({
      retry_count: attempts,
      max_retries: Math.min(maxAttempts, own ?? maxAttempts),
    });
    await world.replays();
  });

  it("for good is not tried again, whatever the policy allows", async () => {
    const world = await opened();
    await propose(world, "a", "hand");
    await approve(world, "a");
    await report(world, "a", false, false);
    expect(await actionOf(world, "a")).toMatchObject({ status: "Failed", attempts: 1, last_error: "down" });
    expect(await world.events("ops/RetryExhausted@1")).toEqual([]);
    expect(await world.recordsOfKind("effect_intent")).toEqual([]);
  });

  it("is done when a later attempt is, and keeps its last error", async () => {
    const world = await opened();
    await propose(world, "a", "flaky");
    await approve(world, "a");
    await world.idle();
    expect(await actionOf(world, "a")).toEqual({
      status: "Done",
      retry_count: 1,
      next_retry_at: null,
      last_error: "a rehearsed failure",
      workflow_id: null,
      attempts: 2,
      result: "rehearsed",
    });
    expect(await lastEvent(world, "ActionDone")).toMatchObject({ action_id: "a", attempts: 2 });
  });

  it("is tried under the policy it was proposed under, whatever is configured later", async () => {
    const world = await opened();
    await propose(world, "a", "broken");
    await configure(world, { retry: { ...RETRY, max_attempts: 1 }, kinds: [] });
    await propose(world, "b", "broken");
    expect(await faultsOf(world)).toEqual(["unknown_kind 1"]);
    await approve(world, "a");
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({ status: "Failed", attempts: 3 });
  });

  it("leaves the other actions of its workflow alone", async () => {
    const world = await opened();
    await proposeWorkflow(world, "w", [action("broken"), action("flaky"), action("hand")]);
    await approve(world, "w");
    expect(await statusesOf(world, "w")).toEqual(["Waiting", "Waiting", "Running"]);
    await world.idle();
    expect(await statusesOf(world, "w")).toEqual(["Failed", "Done", "Running"]);
    expect(await world.events("ops/WorkflowEnded@1")).toEqual([]);
    await report(world, "w/3", true);
    expect(await world.events("ops/WorkflowEnded@1")).toEqual([
      { workflow_id: "w", done: 2, failed: 1, rejected: 0, cancelled: 0 },
    ]);
    await world.replays();
  });

  it("draws its jitter from the call's entropy: between nothing and its part of the wait", async () => {
    const world = await opened();
    await configure(world, { retry: { ...RETRY, jitter_percent: 50 } });
    const drawn = new Set<bigint>();
    for (let i = 0; i < 8; i++) {
      await propose(world, `a${i}`, "broken");
      await approve(world, `a${i}`);
      const at = (await actionOf(world, `a${i}`)).next_retry_at!;
      expect(at >= T + ns(400) && at <= T + ns(600)).toBe(true);
      drawn.add(at);
    }
    expect(drawn.size).toBeGreaterThan(1);
    await world.replays();
  });
});

describe("a result", () => {
  const result = (world: Example, name: "Ok" | "Err", actionId: string, attempt: number) =>
    world.send(`ops/Attempt${name}@1`, {
      proposal_id: actionId,
      action_id: actionId,
      attempt,
      message: "late",
      http_status: null,
      ...(name === "Err" ? { transient: true } : {}),
    });

  it.each([
    ["of an attempt that is over", "Ok", 1, true],
    ["of an attempt that is over, which failed", "Err", 1, true],
    ["of an attempt there never was", "Ok", 3, false],
    ["of attempt 0", "Err", 0, false],
  ] as const)("%s changes nothing", async (_, name, attempt, told) => {
    const world = await opened();
    await propose(world, "a", "hand");
    await approve(world, "a");
    await report(world, "a", false);
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({ status: "Running", attempts: 2 });
    const before = await actionsOf(world, "a");
    await result(world, name, "a", attempt);
    expect(await actionsOf(world, "a")).toEqual(before);
    expect(await world.events("ops/LateResult@1")).toHaveLength(told ? 1 : 0);
    await report(world, "a", true);
    expect(await actionOf(world, "a")).toMatchObject({ status: "Done", attempts: 2, result: "did it" });
    await world.replays();
  });

  it.each(["Ok", "Err"] as const)("for no proposal makes none: %s", async (name) => {
    const world = await opened();
    await result(world, name, "nobody", 1);
    expect(await actionsOf(world, "nobody")).toBeNull();
  });

  it("that never comes is a failure when its kind's deadline is over, and a later one is only told", async () => {
    const world = await opened();
    await configure(world, { kinds: [kind("hand", BY_HAND, {}, 5_000)] });
    await propose(world, "a", "hand");
    await approve(world, "a");
    await world.advance(ns(5_000) - 1n);
    expect(await actionOf(world, "a")).toMatchObject({ status: "Running" });
    await world.advance(1n);
    expect(await actionOf(world, "a")).toMatchObject({
      status: "Waiting",
      retry_count: 1,
      last_error: "no result in time",
    });
    await report(world, "a", true);
    expect(await actionOf(world, "a")).toMatchObject({ status: "Waiting", result: null });
    expect(await lastEvent(world, "LateResult")).toMatchObject({ attempt: 1, ok: true });
    await world.idle();
    expect(await actionOf(world, "a")).toMatchObject({ status: "Failed", attempts: 3 });
    await world.replays();
  });

  it("has its attempt's own time: the deadline of the attempt before finds nothing to do", async () => {
    const world = await opened();
    await configure(world, { kinds: [kind("hand", BY_HAND, {}, 5_000)] });
    await propose(world, "a", "hand");
    await approve(world, "a");
    await report(world, "a", false);
    await world.advance(ns(400));
    await world.advance(ns(4_600));
    expect(await world.recordsOfKind("effect_receipt")).toHaveLength(2);
    expect(await actionOf(world, "a")).toMatchObject({ status: "Running", attempts: 2, retry_count: 1 });
    await world.advance(ns(400));
    expect(await actionOf(world, "a")).toMatchObject({ status: "Waiting", attempts: 2, retry_count: 2 });
    await world.replays();
  });

  it("that comes in time leaves nothing for the deadline's timer to do", async () => {
    const world = await opened();
    await configure(world, { kinds: [kind("hand", BY_HAND, {}, 5_000)] });
    await propose(world, "a", "hand");
    await approve(world, "a");
    await report(world, "a", true);
    const done = await actionsOf(world, "a");
    await world.idle();
    expect(await actionsOf(world, "a")).toEqual(done);
    expect(await world.recordsOfKind("effect_receipt")).toHaveLength(1);
  });
});
