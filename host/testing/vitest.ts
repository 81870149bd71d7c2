/**
 * Matchers for vitest: `import "airloom/testing/vitest"` in a test or a setup file. They say what the `then...`
 * methods say, and can be negated. `expectReplays` is a whole test by itself.
 */

import { expect } from "vitest";
import { CheckFailure } from "./failure.ts";
import type { ReducerOutcome } from "./outcome.ts";
import type { DomainEvent, ExpectedEffects, KeyOf, ReducerName, StateOf, WorldTypes } from "./types.ts";
import type { TestWorld } from "./world.ts";

export { expectReplays, type ReplayExpectation } from "./replays.ts";

interface OutcomeMatchers<W extends WorldTypes, N extends ReducerName<W>> {
  toHaveState(expected: StateOf<W, N> | null): void;
  toHaveStateFields(expected: Partial<StateOf<W, N>>): void;
}

interface WorldMatchers<W extends WorldTypes> {
  toHaveState<N extends ReducerName<W>>(name: N, expected: StateOf<W, N> | null, key?: KeyOf<W, N>): void;
  toHaveStateFields<N extends ReducerName<W>>(
    name: N,
    expected: Partial<StateOf<W, N>>,
    key?: KeyOf<W, N>,
  ): void;
  toReplayIdentically(): Promise<void>;
}

interface SharedMatchers<W extends WorldTypes> {
  toHaveEvents(...expected: readonly DomainEvent<W>[]): void;
  toHaveEffects<const Kinds extends readonly string[]>(...expected: ExpectedEffects<Kinds>): void;
  toHaveFault(code: string, message?: string | RegExp): void;
  toHaveDoneNothing(): void;
}

type MatchersOf<T> =
  T extends ReducerOutcome<infer W, infer N>
    ? OutcomeMatchers<W, N> & SharedMatchers<W>
    : T extends TestWorld<infer W>
      ? WorldMatchers<W> & SharedMatchers<W>
      : Readonly<Record<string, never>>;
type Matcher<T, Name extends string> = MatchersOf<T> extends { readonly [K in Name]: infer M } ? M : never;

declare module "vitest" {
  interface Matchers<T> {
    /** The whole state; of a world, the reducer's name comes first, and a key last. */
    toHaveState: Matcher<T, "toHaveState">;
    /** These fields of the state. */
    toHaveStateFields: Matcher<T, "toHaveStateFields">;
    /** These events and no others, in this order. */
    toHaveEvents: Matcher<T, "toHaveEvents">;
    /** These effects and no others, in this order. */
    toHaveEffects: Matcher<T, "toHaveEffects">;
    toHaveFault: Matcher<T, "toHaveFault">;
    toHaveDoneNothing: Matcher<T, "toHaveDoneNothing">;
    /** Asynchronous; of a world. */
    toReplayIdentically: Matcher<T, "toReplayIdentically">;
  }
}

/** What outcomes and worlds have alike; the arguments go through as they come. */
type Judged = Readonly<Record<string, (...expected: readonly unknown[]) => unknown>>;

interface Verdict {
  readonly pass: boolean;
  readonly message: () => string;
}

expect.extend({
  toHaveState: matcher("thenState"),
  toHaveStateFields: matcher("thenStateHas"),
  toHaveEvents: matcher("thenEvents"),
  toHaveEffects: matcher("thenEffects"),
  toHaveFault: matcher("thenFault"),
  toHaveDoneNothing: matcher("thenNothingHappened"),
  toReplayIdentically: matcher("thenReplaysIdentically"),
} as unknown as Parameters<typeof expect.extend>[0]);

/** Only what a check finds is a verdict; a wrong value or name in the test itself is thrown. */
function matcher(method: string) {
  return (received: unknown, ...expected: readonly unknown[]): Verdict | Promise<Verdict> => {
    const check = (received as Partial<Judged> | null)?.[method];
    if (typeof check !== "function") {
      throw new TypeError(`this matcher is for what testReducer and testWorld give: it has no ${method}`);
    }
    try {
      const answer = check.apply(received, [...expected]);
      return answer instanceof Promise ? answer.then(() => holds(method), fails) : holds(method);
    } catch (error) {
      return fails(error);
    }
  };
}

function holds(method: string): Verdict {
  return { pass: true, message: () => `${method} was not to hold, and it does` };
}

function fails(error: unknown): Verdict {
  if (!(error instanceof CheckFailure)) throw error;
  return { pass: false, message: () => error.message };
}
