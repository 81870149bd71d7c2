import { testWorld, worldFolder } from "airloom/testing";
import { test } from "vitest";
import type { World } from "./air.ts";

// The whole world on a clock that moves when it is told to: routes, timers, capabilities, policy, journal.
const folder = worldFolder<World>(".");

test("the water boils when its time has come, and not before", async () => {
  const world = await testWorld(folder);
  await world.when("starter/SwitchedOn@1", { seconds: 120n });
  await world.advance({ s: 119.9 });
  world.thenNothingHappened();
  await world.advance({ s: 0.1 });
  world
    .thenEvents({ schema: "starter/Boiled@1", value: { boils: 1n } })
    .thenState("starter/Kettle@1", { status: "off", starts: 1n, boils: 1n });
  await world.thenReplaysIdentically();
});

test("the timer of an earlier start does not make it boil early", async () => {
  const world = await testWorld(folder);
  await world.given("starter/SwitchedOn@1", { seconds: 10n });
  await world.given("starter/SwitchedOff@1", {});
  await world.given("starter/SwitchedOn@1", { seconds: 60n });
  await world.advance({ s: 10 });
  world.thenNothingHappened();
  await world.untilIdle();
  world.thenStateHas("starter/Kettle@1", { boils: 1n });
});
