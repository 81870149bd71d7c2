/** What a user's tests import as `airloom/testing`: works in every runner, fails by throwing plain Errors. */

export { runToIdle, VirtualClock } from "./clock.ts";
export { TestFailure } from "./failure.ts";
export type { CellFault, EndedPlan, Intent, OpenFault } from "./history.ts";
export { type TestWorldOptions, testWorld } from "./open.ts";
export type { EmittedEffect, ReducerOutcome } from "./outcome.ts";
export { type TimerFiredEvent, timerFired } from "./receipts.ts";
export { type ContextGiven, type ReducerTest, testReducer } from "./reducer.ts";
export type { Duration, OpenEffect, Script, ScriptedReceipt } from "./scripted.ts";
export {
  type AnyWorld,
  type DomainEvent,
  type EffectTypes,
  type ExpectedEffect,
  type Fault,
  type WorldFolder,
  type WorldTypes,
  worldFolder,
} from "./types.ts";
export type { SendOptions, StartOptions, TestWorld } from "./world.ts";
