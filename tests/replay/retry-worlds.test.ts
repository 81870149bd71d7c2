/** The retry worlds through everything their reducers know, with a snapshot at every turn; kept as recordings. */

import { expect, it } from "vitest";
import { runToIdle } from "../../host/testing/clock.ts";
import { keepRecording } from "../support/keep-recording.ts";
import { openVirtual, replayJournal, send, startWork, stateOf, testWorld } from "../support/world.ts";

/** Makes a state that stands beside its delivery. */
const LARGE = "p".repeat(2000);

const ENDS: readonly (readonly [world: string, first: string])[] = [
  ["retry-backoff", "Failed"],
  ["retry-backoff-workflow", "Failed"],
  ["retry-backoff-recovers", "Done"],
];

it.each(ENDS)(
  "%s: work that is retried to its end, refused, done at once and asked for twice",
  async (name, end) => {
    const { engine, clock, journal } = await openVirtual(await testWorld({ name }));
    await send(engine, "demo/WorkOk@1", { req_id: "nobody" });
    await startWork(engine, { req_id: "first", base_delay_ms: 500 });
    await engine.snapshot();
    await startWork(engine, { req_id: "second" });
    while (!engine.isIdle) {
      expect(clock.fireNext()).toBe(true);
      await engine.settled();
      await engine.snapshot();
    }
    expect(stateOf(engine)).toMatchObject({ pc: end, req_id: "first", max_attempts: 3 });

    await startWork(engine, { req_id: "large", payload: LARGE, max_attempts: 5, base_delay_ms: 0 });
    await engine.snapshot();
    await send(engine, "demo/WorkErr@1", { req_id: "other", transient: false, message: "not ours" });
    await send(engine, "demo/WorkErr@1", { req_id: "large", transient: false, message: "refused" });
    expect(stateOf(engine)).toMatchObject({ pc: "Failed", req_id: "large", attempt: 2 });

    await startWork(engine, { req_id: "last", max_attempts: 2, base_delay_ms: 60_000 }, { id: "last" });
    await send(engine, "demo/WorkOk@1", { req_id: "last" });
    expect(stateOf(engine)).toMatchObject({ pc: "Done", req_id: "last" });
    await runToIdle(engine, clock);
    await engine.snapshot();

    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
    await keepRecording(name, journal);
  },
);
