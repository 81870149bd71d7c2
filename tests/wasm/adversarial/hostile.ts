/** A counter that does one thing badly, in a world between deliveries that it does well. */

import { expect } from "vitest";
import type { RecordOf } from "../../../host/journal/record.ts";
import { recordsOfKind, replayJournal } from "../../support/world.ts";
import {
  add,
  type CounterSettings,
  clear,
  counterWat,
  countOf,
  type Form,
  openCounter,
} from "../languages/counter.ts";

export type Delivery = RecordOf<"delivery">;

/**
 * Adds 5, has the module do its worst, adds 2: the fault is journaled and changes nothing, the delivery behind
 * it uses the fuel it always does, and the whole replays. Gives the fault's record.
 */
export async function faultBetween(wasm: Uint8Array, settings: CounterSettings = {}): Promise<Delivery> {
  const { engine, journal } = await openCounter(wasm, settings);
  await add(engine, 5n);
  await add(engine, 2n);
  await clear(engine);
  expect(countOf(engine)).toBe(7n);
  await add(engine, 2n);
  expect(countOf(engine)).toBe(9n);
  await clear(engine);
  const deliveries = await recordsOfKind(journal, "delivery");
  expect(deliveries.map(({ outcome }) => outcome)).toEqual(["ok", "ok", "fault", "ok", "fault"]);
  const [, before, fault, after, again] = deliveries as [Delivery, Delivery, Delivery, Delivery, Delivery];
  expect(after.fuel).toBe(before.fuel);
  expect(verdictOf(again)).toEqual(verdictOf(fault));
  expect(fault).toMatchObject({ state: null, stateBlob: null });
  expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
  return fault;
}

function verdictOf({ faultCode, faultMessage, fuel }: Delivery) {
  return { faultCode, faultMessage, fuel };
}

/** Ends a function whose result is a count that nobody gets to see. */
export const ANY = "(i64.const 0)";

/** A counter whose `Clear` runs this code, beside fields of its own. */
export function clearing(code: string, fields = "", form: Form = "struct-return"): Promise<Uint8Array> {
  return counterWat({ form, clear: `(func $clear (result i64) ${code})`, fields });
}
