/** What docs/testing.md shows beside the tests of examples/starter. */

import { expect, test } from "vitest";
import { testReducer, testWorld } from "../../host/testing/index.ts";
import "../../host/testing/vitest.ts";
import { retryWorld as folder, start } from "./retry.ts";

test("a reducer goes on from an outcome", async () => {
  const retry = await testReducer(folder, "demo/RetrySM@1");

  retry
    .when({ $tag: "Start", $value: start })
    .when({ $tag: "Err", $value: { req_id: "req-1", transient: true, message: "down" } })
    .thenStateHas({ attempt: 2n })
    .when({ $tag: "Ok", $value: { req_id: "req-1" } })
    .thenStateHas({ pc: "Done" });
});

test("receipts are scripted by effect kind", async () => {
  const world = await testWorld(folder);

  let asked = 0;
  world.onEffect("timer.set", ({ params }) => {
    asked += 1;
    if (asked === 1) return { status: "timeout" };
    return { payload: { delivered_at_ns: params.deliver_at_ns, key: params.key }, afterMs: 20 };
  });
  await world.when("demo/StartWork@1", start);
  await world.untilIdle();

  expect(world.openIntents).toEqual([]);
});

test("an open intent is answered by the test", async () => {
  const world = await testWorld(folder);

  world.onEffect("timer.set", () => null);
  await world.when("demo/StartWork@1", start);
  const [timer] = world.openIntents;
  await world.answer(timer!, { payload: { delivered_at_ns: world.nowNs, key: "req-1" } });

  world.thenStateHas("demo/RetrySM@1", { attempt: 3n });
});

test("matchers say the same and can be negated", async () => {
  const world = await testWorld(folder);
  await world.when("demo/StartWork@1", start);

  expect(world).toHaveStateFields("demo/RetrySM@1", { pc: "Waiting" });
  expect(world).toHaveEffects({ kind: "timer.set" });
  expect(world).not.toHaveFault("module.abort");
  await expect(world).toReplayIdentically();
});
