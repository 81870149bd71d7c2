/** What every counter must do, whatever it is written in. */

import { expect } from "vitest";
import { recordsOfKind, replayJournal } from "../../support/world.ts";
import { add, clear, countOf, openCounter } from "./counter.ts";

const ADDED = [1n, 22n, 1n, 200n, 32n, 65_279n, 1n, 4_294_901_759n, 2n ** 53n] as const;

/**
 * Counts through every length of a nat, clears, counts on; then replays. Gives the fuel of each delivery.
 */
export async function expectCounter(wasm: Uint8Array): Promise<readonly bigint[]> {
  const { engine, journal } = await openCounter(wasm);
  expect(countOf(engine)).toBeNull();
  let count = 0n;
  for (const added of ADDED) {
    await add(engine, added);
    count += added;
    expect(countOf(engine)).toBe(count);
  }
  await clear(engine);
  expect(countOf(engine)).toBe(0n);
  await add(engine, 7n);
  expect(countOf(engine)).toBe(7n);
  const deliveries = await recordsOfKind(journal, "delivery");
  expect(deliveries.map(({ outcome }) => outcome)).toEqual(deliveries.map(() => "ok"));
  expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
  return deliveries.map(({ fuel }) => fuel);
}
