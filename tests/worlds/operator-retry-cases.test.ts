/** The one table of retry delays against the world operator-actions: policy by event, the draw by the entropy. */

import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { testReducer } from "../../host/testing/index.ts";
import { ROOT } from "../support/cli.ts";
import { entropyOf, RETRY_CASES, type RetryCase } from "../support/retry-cases.ts";
import { T } from "../support/world.ts";
import { DESK, PROPOSAL } from "./operations.ts";

type Tested = Awaited<ReturnType<typeof testReducer>>;

let desk: Tested;
let proposal: Tested;
beforeAll(async () => {
  const folder = join(ROOT, "air/worlds/operator-actions");
  desk = await testReducer(folder, DESK);
  proposal = await testReducer(folder, PROPOSAL);
}, 300_000);

/** What failure number `attempt` leads to, under a policy that was configured by event. */
function failing({ attempt, min, max, base, jitterPercent, draw }: RetryCase, maxAttempts: bigint) {
  const checked = desk
    .when(
      arm("Configure", {
        kinds: [HAND],
        retry: {
          max_attempts: maxAttempts,
          min_wait_ns: min,
          max_wait_ns: max,
          base,
          jitter_percent: jitterPercent,
        },
      }),
    )
    .when(arm("ProposeAction", { action_id: "a", kind: "hand", params: new Map() })).events[0]!.value;
  const running = proposal
    .key("a")
    .when(arm("Checked", checked))
    .when(arm("Approve", { proposal_id: "a", by: "anna" })).state as State;
  const [action] = running.actions;
  return proposal
    .key("a")
    .given({ ...running, actions: [{ ...action, attempts: attempt, retry_count: attempt - 1n }] })
    .context({ nowNs: T, entropy: entropyOf(draw) })
    .when(arm("Err", { proposal_id: "a", action_id: "a", attempt, message: "down", transient: true }));
}

interface State {
  readonly actions: readonly object[];
}

const HAND = { kind: "hand", params: [], runs: { $tag: "ByHand" } };

const arm = ($tag: string, $value: unknown) => ({ $tag, $value });

describe("an action of the world operator-actions", () => {
  it.each(RETRY_CASES)("waits $delay after failure $attempt, from $min to $max by $base", (row) => {
    const at = T + row.delay;
    const outcome = failing(row, row.attempt + 1n);
    expect(outcome.effects).toMatchObject([
      { kind: "timer.set", params: { deliver_at_ns: at, key: `retry a ${row.attempt}` } },
    ]);
    expect(outcome.events).toMatchObject([
      { schema: "ops/RetryScheduled@1", value: { retry_count: row.attempt, next_retry_at: at } },
    ]);
    expect(outcome.state).toMatchObject({
      actions: [{ status: { $tag: "Waiting" }, retry_count: row.attempt, next_retry_at: at }],
    });
  });

  it.each(RETRY_CASES)("is exhausted after failure $attempt where that is its last", (row) => {
    const outcome = failing(row, row.attempt);
    expect(outcome.effects).toEqual([]);
    expect(outcome.events[0]).toMatchObject({
      schema: "ops/RetryExhausted@1",
      value: { retry_count: row.attempt, max_retries: row.attempt, last_error: "down" },
    });
    expect(outcome.state).toMatchObject({ actions: [{ status: { $tag: "Failed" }, next_retry_at: null }] });
  });
});
