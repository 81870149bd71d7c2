import { beforeAll, describe, expect, it } from "vitest";
import { type ReducerTest, testReducer } from "../../host/testing/index.ts";
import { failureOf, MS, RETRY, retryWorld, start, T, type World, waiting } from "./retry.ts";

let retry: ReducerTest<World, typeof RETRY>;

beforeAll(async () => {
  retry = await testReducer(retryWorld, RETRY);
});

const err = (transient: boolean) =>
  ({ $tag: "Err", $value: { req_id: "req-1", transient, message: "down" } }) as const;

describe("testReducer", () => {
  it("delivers an event to a cell that does not exist yet", () => {
    retry
      .when({ $tag: "Start", $value: start })
      .thenState(waiting)
      .thenStateHas({ attempt: 1n, pc: "Waiting" })
      .thenEvents({
        schema: "demo/WorkRequested@1",
        value: { req_id: "req-1", payload: "resize photo 7" },
      })
      .thenEffects();
  });

  it("delivers it to a cell with a state, and shows the effects it asks for", () => {
    const outcome = retry
      .given({ ...waiting, attempt: 2n })
      .when(err(true))
      .thenStateHas({ attempt: 3n })
      .thenEvents()
      .thenEffects({ kind: "timer.set", params: { deliver_at_ns: T + 1000n * MS, key: "req-1" } })
      .thenEffects({ kind: "timer.set" });
    expect(outcome).toMatchObject({
      state: { ...waiting, attempt: 3n },
      stateChanged: true,
      events: [],
      effects: [{ kind: "timer.set", slot: null, idempotencyKey: null }],
      annotation: null,
      fault: null,
      notes: [],
    });
    expect(outcome.fuel).toBeTypeOf("bigint");
  });

  it("goes on from an outcome, and each given is a test of its own", () => {
    const started = retry.when({ $tag: "Start", $value: start });
    started.when(err(true)).thenStateHas({ attempt: 2n }).when(err(false)).thenStateHas({ pc: "Failed" });
    started.when({ $tag: "Ok", $value: { req_id: "req-1" } }).thenStateHas({ pc: "Done" });
    retry.when({ $tag: "Ok", $value: { req_id: "req-1" } }).thenStateHas({ pc: "Idle" });
  });

  it("names the case where nothing happened, and says what did", () => {
    const ok = { $tag: "Ok", $value: { req_id: "another" } } as const;
    retry.given(waiting).when(ok).thenNothingHappened();
    const message = failureOf(() => retry.given(waiting).when(err(true)).thenNothingHappened());
    expect(message).toContain("a changed state");
    expect(message).toContain("the effect timer.set {");
  });

  it("gives the same answer to the same event, whatever was delivered before", () => {
    const once = retry.given(waiting).when(err(true));
    for (let i = 0; i < 50; i++) retry.when({ $tag: "Start", $value: start });
    expect(retry.given(waiting).when(err(true))).toEqual(once);
  });
});

describe("a failing check", () => {
  it("says each field that differs, with both values", () => {
    const outcome = retry.given(waiting).when(err(true));
    const message = failureOf(() => outcome.thenState({ ...waiting, pc: "Done", attempt: 7n }));
    expect(message.split("\n")).toEqual([
      "the state of demo/RetrySM@1 differs in 2 places",
      "  /pc",
      '    expected "Done"',
      '    found    "Waiting"',
      "  /attempt",
      "    expected 7n",
      "    found    2n",
    ]);
  });

  it("names the event by its place, and the one that is missing", () => {
    const outcome = retry.when({ $tag: "Start", $value: start });
    const other = { schema: "demo/WorkRequested@1", value: { req_id: "req-2", payload: "x" } } as const;
    const differs = failureOf(() => outcome.thenEvents(other));
    expect(differs).toContain("1. demo/WorkRequested@1 /req_id");
    expect(differs).toContain('expected "req-2"');
    expect(failureOf(() => outcome.thenEvents())).toContain("expected nothing");
    const two = failureOf(() => outcome.thenEvents(...outcome.events, other));
    expect(two).toContain("found    nothing");
  });

  it("says of an effect which parameter differs", () => {
    const outcome = retry.given(waiting).when(err(true));
    const params = { deliver_at_ns: T, key: "req-1" };
    expect(failureOf(() => outcome.thenEffects({ kind: "timer.set", params }))).toContain(
      "1. timer.set /deliver_at_ns",
    );
    expect(failureOf(() => outcome.thenEffects())).toContain("expected nothing");
  });

  it("says that no delivery faulted where a fault was expected", () => {
    const outcome = retry.given(waiting).when(err(true));
    expect(failureOf(() => outcome.thenFault("module.abort"))).toContain("found    none");
  });
});

describe("a value that is not of its type", () => {
  it("is refused with every fault: pointer, expected, found", () => {
    const state = { ...waiting, attempt: 2, pc: null } as unknown as typeof waiting;
    const message = failureOf(() => retry.given(state).when(err(true)));
    expect(message.split("\n")).toEqual([
      "the given state of demo/RetrySM@1 is not of its type",
      "  /pc: expected text, found null",
      expect.stringMatching(/^ {2}\/attempt: expected a bigint: .*, found the number 2; write 2n$/),
    ]);
  });

  it("is refused as an event, and as an expectation", () => {
    const event = { $tag: "Oops", $value: {} } as unknown as ReturnType<typeof err>;
    expect(failureOf(() => retry.when(event))).toContain('/$tag: "Oops" is not an arm');
    const outcome = retry.given(waiting).when(err(true));
    const expected = { attempt: "2" } as unknown as { attempt: bigint };
    expect(failureOf(() => outcome.thenStateHas(expected))).toContain("/attempt: expected a bigint");
  });
});

describe("what a world does not have", () => {
  it("is refused by name, and the nearest is named", async () => {
    const wrong = testReducer(retryWorld.path as string, "demo/RetrySN@1");
    await expect(wrong).rejects.toThrow(/did you mean demo\/RetrySM@1/);
  });

  it("is a key for a reducer with a single cell, and a context for one that declares none", () => {
    expect(failureOf(() => retry.key("k" as unknown as null).when(err(true)))).toContain("single cell");
    expect(failureOf(() => retry.context({ nowNs: T }))).toContain("no call context");
  });
});
