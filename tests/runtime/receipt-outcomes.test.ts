/**
 * What becomes of every receipt that is not simply the one awaited: late, doubled, forged, of another type, or for
 * what is gone. Each row is in the table of docs/air.md, "Receipts", and leaves exactly the records it says; of two
 * originators that wait alike, the other one notices nothing.
 */

import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import type { EffectAnswer, EffectRequest } from "../../host/adapters/own/own.ts";
import type { JournalRecord, RecordOf } from "../../host/journal/record.ts";
import type { Engine } from "../../host/runtime/engine.ts";
import { runToIdle } from "../../host/testing/clock.ts";
import type { IntentId } from "../../host/values/brand.ts";
import { EMPTY, toHex } from "../../host/values/bytes.ts";
import { canon } from "../../host/values/cbor.ts";
import { LIMITS } from "../../host/values/limits.ts";
import { readText, tableAfter } from "../docs/page.ts";
import { planWorld } from "../kernel/planned.ts";
import { serve } from "../support/http.ts";
import { frameBytes, recordsOf, recordsOfKind, replayJournal, send } from "../support/world.ts";
import {
  armGone,
  cells,
  clerkWorld,
  give,
  NOBODY,
  pcs,
  plans,
  reducerGone,
  type Said,
  type Stage,
  timersGone,
  upgraded,
  type Way,
  webGone,
} from "./originators.ts";

interface Row {
  /** The first cell of its row in the page's table. */
  readonly receipt: string;
  readonly who: string;
  readonly way: Way;
  readonly arrange: () => Promise<Stage>;
  readonly said?: Said;
  readonly outcome: string;
  /** Kinds of the records it leaves; with a fault its code. */
  readonly leaves: readonly string[];
  /** What the receipt's record says. */
  readonly recorded?: Partial<RecordOf<"effect_receipt">>;
  readonly after?: (stage: Stage) => void;
}

const settledOnce =
  (arrange: () => Promise<Stage>, way: Way, said: Said = {}) =>
  async (): Promise<Stage> => {
    const stage = await arrange();
    expect(await give(stage, way, said)).toBe("taken");
    return stage;
  };
const deleted = async (): Promise<Stage> => {
  const stage = await cells();
  await send(stage.engine, "demo/WorkOk@1", { req_id: "a" });
  expect(pcs(stage.engine)).toEqual(["Waiting"]);
  return stage;
};

const ENDED = ["effect_receipt", "plan_turn", "plan_ended"];
const HEARD = ["effect_receipt", "domain_event", "delivery"];
const FAULTED = ["effect_receipt", "domain_event", "delivery reducer.vanished"];
const WAYS: readonly Way[] = ["adapter", "outside"];
const WHO: readonly (readonly [string, () => Promise<Stage>])[] = [
  ["a plan's own effect", () => plans("t.echo")],
  ["a plan's http.request", () => plans("http.request")],
  ["a reducer's timer.set", cells],
];
const failed: Said = { status: "timeout", payload: EMPTY };

const ROWS: readonly Row[] = WAYS.flatMap((way) => [
  ...WHO.flatMap(([who, arrange]): Row[] => [
    {
      receipt: "for an intent that has one: doubled",
      who,
      way,
      arrange: settledOnce(arrange, way),
      outcome: "ignored",
      leaves: [],
    },
    {
      receipt: "for an intent that has one: late",
      who,
      way,
      arrange: settledOnce(arrange, way === "adapter" ? "outside" : "adapter", failed),
      outcome: "ignored",
      leaves: [],
    },
    {
      receipt: "for an intent there never was",
      who,
      way,
      arrange,
      said: { intent: "1.1" },
      outcome: way === "adapter" ? "ignored" : "receipt.unknown",
      leaves: [],
    },
    {
      receipt: "for an intent of a frame to come",
      who,
      way,
      arrange,
      said: { intent: "9.0" },
      outcome: way === "adapter" ? "ignored" : "receipt.unknown",
      leaves: [],
    },
    ...(way === "adapter"
      ? []
      : [
          {
            receipt: "forged",
            who,
            way,
            arrange,
            said: { by: NOBODY.privateKey },
            outcome: "receipt.forged",
            leaves: [],
          },
          {
            receipt: "`ok`, of another type",
            who,
            way,
            arrange,
            said: { payload: canon("no") },
            outcome: "receipt.invalid_payload",
            leaves: [],
          },
        ]),
    {
      receipt: "of more bytes than the [limit](#limits)",
      who,
      way,
      arrange,
      said: { payload: new Uint8Array(LIMITS.ingressBytesMax + 1) },
      outcome: way === "adapter" ? "taken" : "receipt.malformed",
      leaves: way === "outside" ? [] : who.startsWith("a plan") ? ENDED : HEARD,
      ...(way === "adapter" ? { recorded: { status: "error", payload: EMPTY } } : {}),
    },
    {
      receipt: "that failed, without a payload",
      who,
      way,
      arrange,
      said: failed,
      outcome: "taken",
      leaves: who.startsWith("a plan") ? ENDED : HEARD,
      recorded: { status: "timeout", payload: EMPTY },
      after: ({ engine }) => {
        expect(pcs(engine)).toEqual(who.startsWith("a plan") ? [] : ["Waiting fired timeout 0", "Waiting"]);
      },
    },
  ]),
  ...["t.echo", "http.request"].map(
    (kind): Row => ({
      receipt: "for a plan that ended",
      who: kind,
      way,
      arrange: () => plans(kind, { ending: true }),
      outcome: "taken",
      leaves: ["effect_receipt"],
      recorded: { reading: "typed" },
    }),
  ),
  {
    receipt: "for a plan that is gone",
    who: "a plan's own effect",
    way,
    arrange: async () =>
      upgraded(
        await plans("t.echo"),
        planWorld({ plans: [{ name: "t/Q@1", steps: [{ id: "end", op: "end" }] }] }),
      ),
    outcome: "taken",
    leaves: ENDED,
    recorded: { reading: "typed" },
  },
  {
    receipt: "for an effect that is gone, of a plan",
    who: "a plan's http.request",
    way,
    arrange: async () => webGone(await plans("http.request")),
    outcome: way === "adapter" ? "taken" : "receipt.unknown_effect",
    leaves: way === "adapter" ? ENDED : [],
    ...(way === "adapter" ? { recorded: { reading: "loose" } } : {}),
  },
  {
    receipt: "for an effect that is gone, of a reducer",
    who: "a reducer's timer.set",
    way,
    arrange: async () => timersGone(await cells()),
    outcome: way === "adapter" ? "refused" : "receipt.unknown_effect",
    leaves: [],
    after: ({ engine }) => expect([...engine.state.intents.keys()]).toEqual(["1.0", "2.0"]),
  },
  {
    receipt: "for a cell that was deleted",
    who: "a reducer's timer.set",
    way,
    arrange: deleted,
    outcome: "taken",
    leaves: HEARD,
    after: ({ engine }) => expect(pcs(engine).sort()).toEqual(["New fired ok 7", "Waiting"]),
  },
  {
    receipt: "for a reducer that is gone",
    who: "a reducer's timer.set",
    way,
    arrange: async () => reducerGone(await cells()),
    outcome: "taken",
    leaves: FAULTED,
  },
  {
    receipt: "for a reducer without an arm for it any more",
    who: "a reducer's timer.set",
    way,
    arrange: async () => armGone(await cells()),
    outcome: "taken",
    leaves: FAULTED,
  },
]);

/** Only an adapter of this process may hand in what is not of the type. */
const MISTYPED: readonly Row[] = [
  {
    receipt: "`ok`, of another type",
    who: "a plan's own effect",
    way: "adapter",
    arrange: () => plans("t.echo"),
    said: { payload: canon("no") },
    outcome: "taken",
    leaves: ENDED,
    recorded: { status: "ok", reading: "loose" },
  },
  {
    receipt: "`ok`, of another type",
    who: "a reducer's timer.set",
    way: "adapter",
    arrange: cells,
    said: { payload: canon("no") },
    outcome: "taken",
    leaves: HEARD,
    recorded: { status: "error", payload: EMPTY },
    after: ({ engine }) => expect(pcs(engine)).toEqual(["Waiting fired error 0", "Waiting"]),
  },
];

const PAGE = readText("docs/air.md");
const TABLE = tableAfter(PAGE, "<!-- receipts -->").map(([first]) => first!);

describe("the table of docs/air.md, Receipts", () => {
  it("has the receipts of this suite, and no others", () => {
    const tested = new Set([...ROWS, ...MISTYPED].map(({ receipt }) => receipt));
    expect([...tested].sort()).toEqual([...TABLE].sort());
  });
});

describe("a receipt", () => {
  it.each([...ROWS, ...MISTYPED].map((row) => [row.receipt, row.who, row.way, row] as const))(
    "%s (%s, from %s)",
    async (_receipt, _who, way, { arrange, said, outcome, leaves, recorded, after }) => {
      const stage = await arrange();
      const { engine, journal } = stage;
      const [frames, records, before] = [
        await frameBytes(journal),
        await recordsOf(journal),
        othersIn(engine),
      ];

      expect(await give(stage, way, said)).toBe(outcome);

      const now = await frameBytes(journal);
      expect(now.slice(0, frames.length)).toEqual(frames);
      const added = (await recordsOf(journal)).slice(records.length);
      expect(added.map(named)).toEqual(leaves);
      if (leaves.length === 0) expect(now).toHaveLength(frames.length);
      if (recorded !== undefined) expect(added[0]).toMatchObject({ kind: "effect_receipt", ...recorded });
      expect(othersIn(engine)).toEqual(before);
      after?.(stage);
      expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
    },
  );

  it("for an effect that is gone is taken once the effect is listed again", async () => {
    const gone = await timersGone(await cells());
    await give(gone, "adapter");
    const again = await upgraded(gone, await clerkWorld());
    expect(await give(again, "adapter")).toBe("taken");
    expect(pcs(again.engine)).toEqual(["Waiting fired ok 7", "Waiting"]);
    expect(await replayJournal(again.journal)).toMatchObject({ verdict: "identical" });
  });
});

/** Both ways at once: somebody outside is first, while an adapter of this process is at work or waits. */
describe("an adapter that comes second", () => {
  it("by http.request has its connection given up, and its answer dropped", async () => {
    const answers: ServerResponse[] = [];
    const server = await serve((_, response) => answers.push(response));
    try {
      const stage = await plans("http.request", { url: `${server.origin}/`, adapters: {} });
      await server.untilAsked(2);
      const hungUp = once(answers[0]!, "close");
      expect(await give(stage, "outside")).toBe("taken");
      await hungUp;
      answers[1]!.end("late, and awaited");
      await stage.engine.whenIdle();
      expect(await settlers(stage)).toEqual(["1.0 psp", "2.0 host.http"]);
      expect(stage.engine.ignoredReceipts).toBe(0);
      expect(await replayJournal(stage.journal)).toMatchObject({ verdict: "identical" });
    } finally {
      await server.close();
    }
  });

  it("by a function of one's own is aborted, and its answer dropped", async () => {
    const asked: EffectRequest[] = [];
    const answer: ((given: EffectAnswer) => void)[] = [];
    const echo = (request: EffectRequest) => {
      asked.push(request);
      return new Promise<EffectAnswer>((resolve) => answer.push(resolve));
    };
    const stage = await plans("t.echo", { adapters: { "t.echo": echo } });
    while (asked.length < 2) await new Promise(setImmediate);
    expect(await give(stage, "outside")).toBe("taken");
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    for (const give of answer) give({ receipt: { n: 1n } });
    await stage.engine.whenIdle();
    expect(await settlers(stage)).toEqual(["1.0 psp", "2.0 t.echo"]);
    expect(await replayJournal(stage.journal)).toMatchObject({ verdict: "identical" });
  });

  it("by a timer does not fire any more", async () => {
    const stage = await cells({});
    expect(await give(stage, "outside")).toBe("taken");
    await runToIdle(stage.engine, stage.clock);
    expect(await settlers(stage)).toEqual(["1.0 psp", "2.0 timer.set"]);
    expect(stage.engine.ignoredReceipts).toBe(0);
    expect(await replayJournal(stage.journal)).toMatchObject({ verdict: "identical" });
  });
});

/** Who settled what, in order. */
async function settlers({ journal }: Stage): Promise<string[]> {
  const receipts = await recordsOfKind(journal, "effect_receipt");
  return receipts.map((each) => `${each.intentFrame}.${each.intentOrdinal} ${each.adapterId}`);
}

function named(record: JournalRecord): string {
  const fault = record.kind === "delivery" ? record.faultCode : null;
  return fault === null ? record.kind : `${record.kind} ${fault}`;
}

/** What a receipt for intent 1.0 must leave as it is: all that has to do with intent 2.0. */
function othersIn({ state, cells: all }: Engine): unknown {
  return {
    intent: state.intents.get("2.0" as IntentId),
    instance: state.instances.get(1n),
    counters: [state.instances.size - Number(state.instances.has(0n))],
    cells: [...all.existing()]
      .map(({ cell, state: bytes }) => [toHex(cell.key), toHex(bytes)])
      .filter(([key]) => key !== toHex(canon("a"))),
  };
}
