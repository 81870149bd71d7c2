import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ReducerTest, testReducer, testWorld, timerFired } from "../../host/testing/index.ts";
import {
  ACCOUNT,
  type AccountFolder,
  type AccountState,
  type AccountWorld,
  accountFolder,
} from "./account.ts";
import { codeOf, failureOf, T } from "./retry.ts";

let folder: AccountFolder;
let account: ReducerTest<AccountWorld, typeof ACCOUNT>;

beforeAll(async () => {
  folder = await accountFolder();
  account = (await testReducer(folder.world, ACCOUNT)).key("alice");
});

afterAll(() => folder?.remove());

const deed = (what: string, amount = 5n) => ({ id: "alice", what, amount });
const to = (what: string) => ({ $tag: "Deed", $value: deed(what) }) as const;
const draw = new Uint8Array(64).fill(7);
const state: AccountState = { sum: 10n, at: T, draw, note: null };

describe("a keyed reducer", () => {
  it("is delivered to by key, sees the context it is given, and has the same chance every time", () => {
    const context = account.given(state).context({ nowNs: T + 1n, entropy: draw });
    context.when(to("add")).thenState({ sum: 15n, at: T + 1n, draw, note: null });
    const once = account.when(to("add"));
    expect(once.state?.at).toBe(T);
    expect(once.state?.draw).toHaveLength(64);
    expect(account.when(to("add")).state).toEqual(once.state);
  });

  it("emits events, and its cell may go away", () => {
    account
      .given(state)
      .when(to("move"))
      .thenEvents({ schema: "bank/Moved@1", value: { id: "alice", amount: 5n } });
    account.given(state).when(to("close")).thenState(null);
    account.when(to("close")).thenNothingHappened();
    expect(failureOf(() => account.given(state).when(to("close")).thenStateHas({ sum: 10n }))).toContain(
      "no state",
    );
  });

  it("needs its key, of the right type", async () => {
    const keyless = await testReducer(folder.world, ACCOUNT);
    expect(failureOf(() => keyless.when(to("add")))).toContain("bank/Account@1 is keyed");
    expect(failureOf(() => keyless.key(5 as unknown as string).when(to("add")))).toContain("expected text");
  });

  it("takes entropy of 64 bytes only", () => {
    expect(failureOf(() => account.context({ entropy: new Uint8Array(32) }))).toContain("64 bytes, found 32");
  });
});

describe("a fault", () => {
  it("leaves the state as it was, with the module's own words and place", () => {
    const failed = account.given(state).when(to("fail"));
    failed.thenFault("module.abort").thenFault("module.abort", "not today").thenState(state).thenEvents();
    const thrown = account.when(to("throw"));
    thrown.thenFault("module.abort", /^at a line$/);
    expect(thrown.fault).toMatchObject({ file: "account.ts", line: 9 });
  });

  it("is what the kernel makes of an answer, the gate's refusal among it", () => {
    account.when(to("timer")).thenFault("policy.denied").thenEffects();
  });

  it("is told where something else was expected", () => {
    const failed = account.given(state).when(to("fail"));
    expect(failureOf(() => failed.thenNothingHappened())).toContain("a fault: module.abort: not today");
    expect(failureOf(() => failed.thenStateHas({ sum: 15n }))).toContain(
      "the delivery faulted: module.abort",
    );
    const said = failureOf(() => failed.thenFault("module.trap"));
    expect(said).toContain("expected the fault module.trap");
    expect(said).toContain("found    module.abort: not today");
    expect(failureOf(() => failed.thenFault("module.abort", "tomorrow"))).toContain("tomorrow");
  });
});

describe("a world of cells", () => {
  it("keeps them apart by key, and shows all of them", async () => {
    const world = await testWorld(folder.world);
    await world.given("bank/Deed@1", deed("add"));
    await world.when("bank/Deed@1", { id: "bob", what: "note", amount: 1n });
    world
      .thenStateHas(ACCOUNT, { sum: 5n }, "alice")
      .thenStateHas(ACCOUNT, { sum: 1n, note: "noted" }, "bob");
    expect(world.cells(ACCOUNT).map(({ key }) => key)).toEqual(["alice", "bob"]);
    expect(world.state(ACCOUNT, "carol")).toBeNull();
    world.thenState(ACCOUNT, null, "carol");
    expect(failureOf(() => world.state(ACCOUNT))).toContain("is keyed");
    await world.thenReplaysIdentically();
  });

  it("keeps faults open until somebody takes care of them", async () => {
    const world = await testWorld(folder.world);
    await world.when("bank/Deed@1", deed("fail"));
    await world.when("bank/Deed@1", deed("throw"));
    const [fail, thrown] = world.openFaults;
    expect(fail).toMatchObject({ id: "1.1", code: "module.abort", message: "not today", reducer: ACCOUNT });
    await world.redeliver(fail!);
    world.thenFault("module.abort", "not today");
    expect(world.openFaults.map(({ id }) => id)).toEqual([thrown!.id, "3.1"]);
    await world.dismiss(thrown!, "closed for today");
    world.thenNothingHappened();
    await world.dismiss({ id: "3.1" });
    expect(world.openFaults).toEqual([]);
    await expect(world.redeliver(fail!)).rejects.toMatchObject({ code: "fault.closed" });
    await expect(world.dismiss({ id: "1.0" })).rejects.toMatchObject({ code: "fault.unknown" });
    await expect(world.dismiss({ id: "first" })).rejects.toThrow("names no fault");
    await world.thenReplaysIdentically();
  });

  it("faults one cell, and says which", async () => {
    const world = await testWorld(folder.world);
    await world.when("bank/Deed@1", deed("timer"));
    world.thenFault("policy.denied").thenEffects();
    expect(world.faults).toMatchObject([{ code: "policy.denied", reducer: ACCOUNT, key: "alice" }]);
    expect(failureOf(() => world.thenNothingHappened())).toContain("policy.denied");
    await world.thenReplaysIdentically();
  });

  it("refuses an event whose key is not the one in its value", async () => {
    const world = await testWorld(folder.world);
    const sent = world.when("bank/Deed@1", deed("add"), { key: "bob" });
    expect(await codeOf(sent)).toBe("route.key_mismatch");
  });
});

describe("timerFired", () => {
  it("is the event of a timer that fired in time, but for what is given", () => {
    const fired = timerFired({ deliver_at_ns: T, key: "k" }, { status: "error" });
    expect(fired).toMatchObject({
      status: "error",
      requested: { key: "k" },
      receipt: { delivered_at_ns: T },
    });
  });
});

describe("sources that are stale", () => {
  it("are refused by name until the world is built again", async () => {
    const path = join(folder.path, "air/definitions.json");
    const before = await readFile(path, "utf8");
    await writeFile(path, before.replace('"sum":{"nat"', '"total":{"nat"'));
    await expect(testReducer(folder.world, ACCOUNT)).rejects.toThrow(
      /assembly\/air\.ts and tests\/air\.ts; run `airloom build`/,
    );
    await writeFile(path, before);
    await testReducer(folder.world, ACCOUNT);
  });
});
