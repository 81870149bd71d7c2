/** Receipts from outside in a recording: `journal verify` holds each to the keys its world recorded. */

import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createMemoryJournal } from "../../host/journal/memory.ts";
import { assemble, readWhole, recordedWorld } from "../../host/replay/recording/assemble.ts";
import { capture } from "../../host/replay/recording/capture.ts";
import type { Entry } from "../../host/replay/recording/entry.ts";
import { writeRecording } from "../../host/replay/recording/file.ts";
import { verifyRecording } from "../../host/replay/recording/verify.ts";
import { rederive, type Step, stepsOf } from "../../host/replay/rederive.ts";
import { makeDefinitions } from "../../host/runtime/definitions.ts";
import { signReceipt } from "../../host/runtime/receipts.ts";
import type { IntentId } from "../../host/values/brand.ts";
import { toHex } from "../../host/values/bytes.ts";
import { canon } from "../../host/values/cbor.ts";
import { planWorld } from "../kernel/planned.ts";
import { airloomHere } from "../support/cli.ts";
import { openVirtual, send } from "../support/world.ts";

const folder = mkdtempSync(join(tmpdir(), "airloom-receipts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PSP = generateKeyPairSync("ed25519");
const PAYLOAD = canon(
  new Map<string, bigint | null>([
    ["n", 5n],
    ["maybe", null],
  ]),
);
const PLAN = {
  steps: [
    {
      id: "ask",
      op: "emit_effect",
      kind: "t.echo",
      params: { record: { text: { text: "x" }, n: { int: 1 }, maybe: { null: {} } } },
      cap: "g",
      bind: { effect_id_as: "asked" },
    },
    { id: "wait", op: "await_receipt", for: { ref: "@var:asked" }, bind: { as: "answer" } },
    { id: "end", op: "end" },
  ],
  edges: [
    { from: "ask", to: "wait" },
    { from: "wait", to: "end" },
  ],
};

/** Two events, each with an intent that was answered from outside: frames 1 to 4. */
async function recorded(): Promise<Entry[]> {
  const { definitions, findModule } = planWorld({ plans: [PLAN] });
  const key = PSP.publicKey.export({ format: "jwk" }).x!;
  const keys = [toHex(new Uint8Array(Buffer.from(key, "base64url")))];
  const settings = {
    ...definitions.settings,
    receiptKeys: new Map([["psp", { effectKinds: ["t.echo"], keys }]]),
  };
  const world = { definitions: makeDefinitions(definitions.manifest, settings), findModule };
  const { engine, journal } = await openVirtual(world, { journal: createMemoryJournal() });
  const pem = PSP.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  for (const [id, intent] of [
    ["a", "1.0"],
    ["b", "3.0"],
  ] as const) {
    await send(engine, "t/Go@1", { id, n: 1 });
    const receipt = { intent: intent as IntentId, adapter: "psp", status: "ok" as const, payload: PAYLOAD };
    await engine.receive(signReceipt(pem, engine.worldId, receipt));
  }
  await engine.close();
  const options = { embedModules: true, engine: "test", sign: null };
  const entries: Entry[] = [];
  for await (const entry of capture(journal, engine.worldId, options)) entries.push(entry);
  return entries;
}

/** The same recording with other steps, every digest and checksum anew: what a forger with all tools can write. */
async function rewritten(entries: readonly Entry[], change: (steps: readonly Step[]) => readonly Step[]) {
  const whole = await readWhole(inTurn(entries));
  const { definitions, modules } = recordedWorld(whole, async () => null);
  const steps = change(await stepsOf(whole.frames, definitions));
  const frames = [...rederive(steps, modules)].map(({ frame }) => frame);
  return [...assemble(whole.header, whole.blobs, frames, new Map())];
}

async function* inTurn(entries: readonly Entry[]) {
  yield* entries;
}

/** Another cost in the receipt that is this frame. */
function overcharged(steps: readonly Step[], frame: number): readonly Step[] {
  return steps.map((step, i) => {
    if (i !== frame || step.ingress.kind !== "receipt") return step;
    return { ...step, ingress: { ...step.ingress, receipt: { ...step.ingress.receipt, costCents: 1n } } };
  });
}

describe("verifying a recording", () => {
  it("accepts receipts that a key of their adapter signed", async () => {
    expect(await verifyRecording(await recorded())).toMatchObject({ frames: 5n });
  });

  it.each([2, 4])("names the receipt that nobody signed, by frame and record: frame %i", async (frame) => {
    const forged = await rewritten(await recorded(), (steps) => overcharged(steps, frame));
    const first = forged.flatMap((entry) => (entry.kind === "frame" ? [entry.frame.head] : []))[frame]!;
    await expect(verifyRecording(forged)).rejects.toMatchObject({
      kind: "corrupt",
      code: "receipt.forged",
      fields: { frame: BigInt(frame), record: first.firstRecord, adapter: "psp" },
    });
  });

  it("takes no signature with a receipt to another intent", async () => {
    const shorter = await rewritten(await recorded(), ([genesis, , , ...rest]) => [genesis!, ...rest]);
    expect(await verifyRecording(shorter)).toMatchObject({ frames: 3n });
    const receipts = shorter.flatMap((entry) => (entry.kind === "frame" ? entry.frame.records : []));
    const [receipt] = receipts.filter((record) => record.kind === "effect_receipt");
    expect(receipt).toMatchObject({ intentFrame: 1n, signature: new Uint8Array(64) });
  });
});

describe("airloom journal verify", () => {
  it("ends with 3 for a forged receipt, and with 0 for genuine ones", async () => {
    const [genuine, forged] = [join(folder, "genuine.airj"), join(folder, "forged.airj")];
    const entries = await recorded();
    await writeRecording(genuine, "text", entries);
    await writeRecording(forged, "text", await rewritten(entries, (steps) => overcharged(steps, 2)));
    expect((await airloomHere(["journal", "verify", genuine])).exitCode).toBe(0);
    const { exitCode, stdout } = await airloomHere(["journal", "verify", forged, "--json"]);
    expect(exitCode).toBe(3);
    expect(stdout).toContain('"receipt.forged"');
  });
});
