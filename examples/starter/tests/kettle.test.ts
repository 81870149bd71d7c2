import { testReducer, timerFired, worldFolder } from "airloom/testing";
import { expect, test } from "vitest";
import type { KettleState, World } from "./air.ts";

// The reducer by itself: a state, an event, and what its wasm makes of them.
const kettle = await testReducer(worldFolder<World>("."), "starter/Kettle@1");

const NOW = 1_700_000_000_000_000_000n;
const heating: KettleState = { status: "heating", starts: 1n, boils: 0n };

test("switched on, it asks to be woken when the water boils", () => {
  kettle
    .context({ nowNs: NOW })
    .when({ $tag: "On", $value: { seconds: 90n } })
    .thenState(heating)
    .thenEffects({ kind: "timer.set", params: { deliver_at_ns: NOW + 90_000_000_000n, key: "1" } })
    .thenEvents();
});

test("switched on while it heats, it goes on heating", () => {
  kettle
    .given(heating)
    .when({ $tag: "On", $value: { seconds: 5n } })
    .thenNothingHappened();
});

test("switched off, it does not boil", () => {
  const outcome = kettle.given(heating).when({ $tag: "Off", $value: {} });
  expect(outcome.state?.status).toBe("off");
});

test("woken by its own timer, it has boiled; by an earlier one, nothing happens", () => {
  const woken = (key: string) => timerFired({ deliver_at_ns: NOW, key });
  kettle
    .given(heating)
    .when({ $tag: "Timer", $value: woken("1") })
    .thenState({ status: "off", starts: 1n, boils: 1n })
    .thenEvents({ schema: "starter/Boiled@1", value: { boils: 1n } });
  kettle
    .given(heating)
    .when({ $tag: "Timer", $value: woken("0") })
    .thenNothingHappened();
});
