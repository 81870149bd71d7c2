/** Work of adapters: begun once, a few at a time, dropped when nobody wants it any more. */

import { describe, expect, it } from "vitest";
import type { Dispatch } from "../../host/adapters/port.ts";
import { type Answer, TaskAdapter } from "../../host/adapters/tasks.ts";
import type { OpenIntent } from "../../host/effects/intent.ts";
import type { Receipt } from "../../host/effects/receipt.ts";
import type { Stamp } from "../../host/journal/frame.ts";
import type { IntentId } from "../../host/values/brand.ts";
import { EMPTY } from "../../host/values/bytes.ts";

const intent = (id: string) => ({ id: id as IntentId, kind: "t.work" }) as OpenIntent;
const DISPATCH: Dispatch = { effect: null, grant: null, secrets: new Map(), key: () => "" };
const OK: Answer = { status: "ok", payload: Uint8Array.of(1) };

interface Work {
  readonly id: string;
  readonly signal: AbortSignal;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

function adapter(inFlightMax = 2) {
  const begun: Work[] = [];
  const settled: [string, Receipt][] = [];
  const errors: unknown[] = [];
  const tasks = new TaskAdapter(
    {
      effectKinds: ["t.work"],
      adapterId: ({ id }) => `does ${id}`,
      inFlightMax,
      work: ({ id }, _, signal) =>
        new Promise<Answer>((resolve, reject) => begun.push({ id, signal, resolve, reject })),
    },
    (id, make) => settled.push([id, make({} as Stamp)]),
    (_, error) => errors.push(error),
  );
  const start = (...ids: string[]) => {
    for (const id of ids) tasks.start(intent(id), DISPATCH);
  };
  return { tasks, begun, settled, errors, start, ids: () => begun.map(({ id }) => id) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("the work of an intent", () => {
  it("is begun once while it lasts, and settled once", async () => {
    const { begun, settled, start, ids } = adapter();
    start("1.0", "1.0");
    expect(ids()).toEqual(["1.0"]);
    begun[0]!.resolve({ ...OK, costCents: 3n, tries: 2n });
    await turn();
    const receipt = {
      adapterId: "does 1.0",
      status: "ok",
      costCents: 3n,
      tries: 2n,
      signature: new Uint8Array(64),
    };
    expect(settled).toMatchObject([["1.0", receipt]]);
  });

  it("waits its turn where too many are at work, in the order they came", async () => {
    const { begun, start, ids } = adapter(2);
    start("1.0", "1.1", "1.2", "1.3", "1.2");
    expect(ids()).toEqual(["1.0", "1.1"]);
    begun[1]!.resolve(OK);
    await turn();
    expect(ids()).toEqual(["1.0", "1.1", "1.2"]);
    begun[0]!.reject(new Error("no"));
    await turn();
    expect(ids()).toEqual(["1.0", "1.1", "1.2", "1.3"]);
  });

  it("is an error when it throws, and whoever opened the world is told", async () => {
    const { begun, settled, errors, start } = adapter();
    start("1.0");
    begun[0]!.reject(new Error("no"));
    await turn();
    expect(settled).toMatchObject([["1.0", { status: "error", payload: EMPTY, tries: 1n }]]);
    expect(errors).toMatchObject([{ message: "no" }]);
  });

  it("is aborted when its intent was settled otherwise, and what it answers then is dropped", async () => {
    const { tasks, begun, settled, errors, start, ids } = adapter(1);
    start("1.0", "1.1", "1.2");
    tasks.settled("1.1" as IntentId);
    tasks.settled("1.0" as IntentId);
    expect(begun[0]!.signal.aborted).toBe(true);
    expect(ids()).toEqual(["1.0", "1.2"]);
    begun[0]!.resolve(OK);
    await turn();
    expect([settled, errors]).toEqual([[], []]);
  });

  it("is aborted by a stop; nothing begins afterwards, and nothing is said", async () => {
    const { tasks, begun, settled, errors, start, ids } = adapter(1);
    start("1.0", "1.1");
    tasks.stop();
    start("1.2");
    begun[0]!.reject(new Error("aborted"));
    await turn();
    expect([ids(), begun[0]!.signal.aborted, settled, errors]).toEqual([["1.0"], true, [], []]);
  });
});
