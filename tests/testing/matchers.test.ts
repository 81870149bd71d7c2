import { beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { type ReducerTest, type TestWorld, testReducer, testWorld } from "../../host/testing/index.ts";
import "../../host/testing/vitest.ts";
import { failureOf, RETRY, type RetryState, retryWorld, start, type World, waiting } from "./retry.ts";

let retry: ReducerTest<World, typeof RETRY>;
let world: TestWorld<World>;

beforeAll(async () => {
  retry = await testReducer(retryWorld, RETRY);
  world = await testWorld(retryWorld);
  await world.when("demo/StartWork@1", start);
});

const requested = {
  schema: "demo/WorkRequested@1",
  value: { req_id: "req-1", payload: "resize photo 7" },
} as const;

/** What a matcher says when it fails. */
function saidBy(assertion: () => void): string {
  try {
    assertion();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing failed");
}

describe("the matchers", () => {
  it("judge an outcome", () => {
    const outcome = retry.when({ $tag: "Start", $value: start });
    expect(outcome).toHaveState(waiting);
    expect(outcome).toHaveStateFields({ pc: "Waiting" });
    expect(outcome).toHaveEvents(requested);
    expect(outcome).toHaveEffects();
    expect(outcome).not.toHaveDoneNothing();
    expect(outcome).not.toHaveFault("module.abort");
    expect(outcome).not.toHaveStateFields({ pc: "Done" });
    expect(outcome.when({ $tag: "Ok", $value: { req_id: "another" } })).toHaveDoneNothing();
  });

  it("judge a world", async () => {
    expect(world).toHaveStateFields(RETRY, { attempt: 2n });
    expect(world).not.toHaveState(RETRY, null);
    expect(world).toHaveEffects({ kind: "timer.set" });
    expect(world).not.toHaveEvents(requested);
    await expect(world).toReplayIdentically();
  });

  it("say what the methods say when they fail", () => {
    const outcome = retry.when({ $tag: "Start", $value: start });
    const said = saidBy(() => expect(outcome).toHaveStateFields({ attempt: 2n }));
    expect(said).toBe(failureOf(() => outcome.thenStateHas({ attempt: 2n })));
    expect(saidBy(() => expect(outcome).not.toHaveState(waiting))).toContain("was not to hold");
  });

  it("throw what is wrong with the test itself, negated or not", () => {
    const outcome = retry.when({ $tag: "Start", $value: start });
    const wrong = { attempt: 2 } as unknown as Partial<RetryState>;
    expect(saidBy(() => expect(outcome).not.toHaveStateFields(wrong))).toContain("write 2n");
    const loose = expect({}) as unknown as { readonly toHaveFault: (code: string) => void };
    expect(saidBy(() => loose.toHaveFault("module.abort"))).toContain("testReducer and testWorld");
  });

  it("know the types of what they judge", () => {
    const outcome = retry.when({ $tag: "Start", $value: start });
    const [matchers, ofWorld] = [expect(outcome), expect(world)];
    expectTypeOf(matchers.toHaveState).parameters.toEqualTypeOf<[expected: RetryState | null]>();
    expectTypeOf(ofWorld.toReplayIdentically).returns.toEqualTypeOf<Promise<void>>();
    expectTypeOf(expect(5).toHaveState).toEqualTypeOf<never>();
    expectTypeOf(outcome.state).toEqualTypeOf<RetryState | null>();
    expectTypeOf(world.state(RETRY)).toEqualTypeOf<RetryState | null>();
  });
});
