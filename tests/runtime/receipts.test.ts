/** Receipts from outside: signed, checked, taken once; what is wrong with one changes nothing. */

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { createMemoryJournal } from "../../host/journal/memory.ts";
import type { Journal } from "../../host/journal/port.ts";
import { makeDefinitions } from "../../host/runtime/definitions.ts";
import type { Engine } from "../../host/runtime/engine.ts";
import { isGenuine, type OutsideReceipt, signReceipt } from "../../host/runtime/receipts.ts";
import type { IntentId, WorldId } from "../../host/values/brand.ts";
import { EMPTY, toHex } from "../../host/values/bytes.ts";
import { canon } from "../../host/values/cbor.ts";
import { planWorld } from "../kernel/planned.ts";
import { frameBytes, openVirtual, recordsOfKind, replayJournal, send } from "../support/world.ts";

const closing: Engine[] = [];
afterEach(async () => {
  for (const engine of closing.splice(0)) await engine.close();
});

const PSP = generateKeyPairSync("ed25519");
const OTHER = generateKeyPairSync("ed25519");
const PAYLOAD = canon(
  new Map<string, bigint | null>([
    ["n", 5n],
    ["maybe", null],
  ]),
);

function publicHex(key: KeyObject): string {
  return toHex(new Uint8Array(Buffer.from(key.export({ format: "jwk" }).x!, "base64url")));
}

const SETTINGS = {
  receiptKeys: new Map([
    ["psp", { effectKinds: ["t.echo"], keys: [publicHex(PSP.publicKey)] }],
    ["other", { effectKinds: ["t.other"], keys: [publicHex(OTHER.publicKey)] }],
  ]),
};

const ask = { id: "ask", op: "emit_effect", kind: "t.echo", cap: "g", bind: { effect_id_as: "asked" } };
const params = { record: { text: { text: "x" }, n: { int: 1 }, maybe: { null: {} } } };
const AWAITING = {
  output: "t/Out@1",
  steps: [
    { ...ask, params },
    { id: "wait", op: "await_receipt", for: { ref: "@var:asked" }, bind: { as: "answer" } },
    {
      id: "end",
      op: "end",
      result: { record: { n: { op: "get", args: [{ ref: "@var:answer" }, { text: "n" }] } } },
    },
  ],
  edges: [
    { from: "ask", to: "wait" },
    { from: "wait", to: "end" },
  ],
};
/** Ends without hearing what comes of it. */
const ENDING = {
  steps: [
    { ...ask, params },
    { id: "end", op: "end" },
  ],
  edges: [{ from: "ask", to: "end" }],
};

async function waiting(plan: object = AWAITING): Promise<{ engine: Engine; journal: Journal }> {
  const { definitions, findModule } = planWorld({ plans: [plan] });
  const settings = { ...definitions.settings, ...SETTINGS };
  const world = { definitions: makeDefinitions(definitions.manifest, settings), findModule };
  const { engine, journal } = await openVirtual(world, { journal: createMemoryJournal() });
  closing.push(engine);
  await send(engine, "t/Go@1", { id: "a", n: 1 });
  expect([...engine.state.intents.keys()]).toEqual(["1.0"]);
  return { engine, journal };
}

function signed(
  engine: Engine,
  changes: Partial<OutsideReceipt> = {},
  key: KeyObject = PSP.privateKey,
): OutsideReceipt {
  const receipt = {
    intent: "1.0" as IntentId,
    adapter: "psp",
    status: "ok" as const,
    payload: PAYLOAD,
    ...changes,
  };
  return signReceipt(key.export({ type: "pkcs8", format: "pem" }) as string, engine.worldId, receipt);
}

describe("a receipt from outside", () => {
  it("settles its intent, and the plan goes on", async () => {
    const { engine, journal } = await waiting();
    const receipt = signed(engine, { costCents: 9n });
    expect(await engine.receive(receipt)).toEqual({ outcome: "settled", frame: 2n });
    expect(await recordsOfKind(journal, "effect_receipt")).toMatchObject([
      { adapterId: "psp", status: "ok", costCents: 9n, signature: receipt.signature, reading: "typed" },
    ]);
    expect(await recordsOfKind(journal, "plan_ended")).toMatchObject([{ status: "ok" }]);
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
  });

  it("may say that it failed, with a payload or without", async () => {
    for (const payload of [EMPTY, PAYLOAD]) {
      const { engine, journal } = await waiting();
      await engine.receive(signed(engine, { status: "error", payload }));
      expect(await recordsOfKind(journal, "effect_receipt")).toMatchObject([{ status: "error" }]);
    }
  });

  it("that comes again or late is ignored", async () => {
    const { engine, journal } = await waiting();
    await engine.receive(signed(engine));
    const before = await frameBytes(journal);
    expect(await engine.receive(signed(engine))).toEqual({ outcome: "ignored" });
    expect(await engine.receive(signed(engine, { status: "timeout", payload: EMPTY }))).toEqual({
      outcome: "ignored",
    });
    expect(engine.ignoredReceipts).toBe(2);
    expect(await frameBytes(journal)).toEqual(before);
  });

  it("for a plan that ended is recorded, and nobody hears of it", async () => {
    const { engine, journal } = await waiting(ENDING);
    expect(await recordsOfKind(journal, "plan_ended")).toHaveLength(1);
    expect(await engine.receive(signed(engine))).toMatchObject({ outcome: "settled" });
    const frames = await frameBytes(journal);
    expect(await recordsOfKind(journal, "effect_receipt")).toHaveLength(1);
    expect(await recordsOfKind(journal, "plan_ended")).toHaveLength(1);
    expect(frames).toHaveLength(3);
    expect(engine.isIdle).toBe(true);
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
  });

  const forged = (receipt: OutsideReceipt, changes: Partial<OutsideReceipt>) => ({ ...receipt, ...changes });
  it.each([
    [
      "signed by nobody",
      (e: Engine) => forged(signed(e), { signature: new Uint8Array(64) }),
      "receipt.forged",
    ],
    ["signed by somebody else", (e: Engine) => signed(e, {}, OTHER.privateKey), "receipt.forged"],
    ["signed for another status", (e: Engine) => forged(signed(e), { status: "error" }), "receipt.forged"],
    ["signed for another payload", (e: Engine) => forged(signed(e), { payload: EMPTY }), "receipt.forged"],
    ["signed for another cost", (e: Engine) => forged(signed(e), { costCents: 1n }), "receipt.forged"],
    [
      "signed for another intent",
      (e: Engine) => forged(signed(e, { intent: "1.1" as IntentId }), { intent: "1.0" as IntentId }),
      "receipt.forged",
    ],
    ["signed for another adapter", (e: Engine) => forged(signed(e), { adapter: "other" }), "receipt.forged"],
    [
      "signed for another world",
      (e: Engine) => {
        const elsewhere = { worldId: "ff".repeat(16) as WorldId } as Engine;
        return forged(signed(elsewhere), { intent: signed(e).intent });
      },
      "receipt.forged",
    ],
    [
      "of an adapter without keys",
      (e: Engine) => signed(e, { adapter: "nobody" }),
      "receipt.unknown_adapter",
    ],
    [
      "of an adapter that may not answer it",
      (e: Engine) => signed(e, { adapter: "other" }, OTHER.privateKey),
      "receipt.wrong_kind",
    ],
    ["for an intent of no frame", (e: Engine) => signed(e, { intent: "9.0" as IntentId }), "receipt.unknown"],
    [
      "for an intent that a frame has not",
      (e: Engine) => signed(e, { intent: "1.1" as IntentId }),
      "receipt.unknown",
    ],
    [
      "with a payload of another type",
      (e: Engine) => signed(e, { payload: canon("no") }),
      "receipt.invalid_payload",
    ],
    [
      "with bytes that are no value",
      (e: Engine) => signed(e, { payload: Uint8Array.of(255) }),
      "receipt.invalid_payload",
    ],
    [
      "with bytes that are not canonical",
      (e: Engine) => signed(e, { payload: PAYLOAD.slice(3) }),
      "receipt.invalid_payload",
    ],
    ["that is ok without a payload", (e: Engine) => signed(e, { payload: EMPTY }), "receipt.invalid_payload"],
    [
      "of another form of intent",
      (e: Engine) => signed(e, { intent: "1.00" as IntentId }),
      "receipt.malformed",
    ],
    ["of another status", (e: Engine) => signed(e, { status: "done" as "ok" }), "receipt.malformed"],
    [
      "of a short signature",
      (e: Engine) => forged(signed(e), { signature: new Uint8Array(63) }),
      "receipt.malformed",
    ],
    ["of a cost below nothing", (e: Engine) => forged(signed(e), { costCents: -1n }), "receipt.malformed"],
    ["too large", (e: Engine) => signed(e, { payload: new Uint8Array(300_000) }), "receipt.malformed"],
  ] as const)("%s is refused, and changes nothing", async (_, make, code) => {
    const { engine, journal } = await waiting();
    const before = await frameBytes(journal);
    await expect(engine.receive(make(engine))).rejects.toMatchObject({ code });
    expect(await frameBytes(journal)).toEqual(before);
    expect([...engine.state.intents.keys()]).toEqual(["1.0"]);
    expect(await engine.receive(signed(engine))).toMatchObject({ outcome: "settled" });
  });
});

describe("a recorded receipt", () => {
  it("can be checked against the keys the world recorded", async () => {
    const { engine, journal } = await waiting();
    await engine.receive(signed(engine));
    const [record] = await recordsOfKind(journal, "effect_receipt");
    const { settings } = engine.state.definitions;
    expect(isGenuine(engine.worldId, settings, record!)).toBe(true);
    expect(isGenuine(engine.worldId, settings, { ...record!, status: "error" })).toBe(false);
    expect(isGenuine(engine.worldId, { ...settings, receiptKeys: new Map() }, record!)).toBe(false);
    expect(isGenuine(engine.worldId, settings, { ...record!, signature: new Uint8Array(64) })).toBe(true);
  });
});
