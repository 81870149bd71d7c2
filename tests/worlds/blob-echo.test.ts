import { describe, expect, it } from "vitest";
import { utf8 } from "../../host/values/bytes.ts";
import { hashOf } from "../../host/values/hash.ts";
import { keepRecording } from "../support/keep-recording.ts";
import { onDisk } from "./disk.ts";
import { type Example, openExample } from "./world.ts";

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const say = (world: Example, bytes: Uint8Array) => world.send("demo/Say@1", { bytes: base64(bytes) });
const find = (world: Example, blob_ref: string) => world.send("demo/Find@1", { blob_ref });
const state = (world: Example) => world.state("demo/Echo@1");

const HELLO = utf8("hello");
const NOBODYS = hashOf(utf8("nobody ever said this"));

describe("the world blob-echo", () => {
  it("keeps bytes, reads them back and says them again", async () => {
    const world = await openExample("blob-echo");
    await say(world, HELLO);
    await world.idle();
    const ref = hashOf(HELLO);
    expect(await world.events("demo/Echoed@1")).toEqual([{ blob_ref: ref, bytes: base64(HELLO) }]);
    expect(await state(world)).toEqual({ kept: 1, echoed: 1, not_found: 0 });
    expect(await world.journal.getBlob(world.engine.worldId, ref)).toEqual(HELLO);

    const receipts = await world.recordsOfKind("effect_receipt");
    expect(receipts).toMatchObject([
      { adapterId: "host.blob.put", status: "ok" },
      { adapterId: "host.blob.get", status: "ok" },
    ]);
    expect(world.json("sys/BlobPutReceipt@1", receipts[0]!.payload)).toEqual({ blob_ref: ref, size: 5 });
    await world.replays();
  });

  it.each([
    ["no bytes at all", new Uint8Array(0)],
    ["bytes that are no text", Uint8Array.of(0xff, 0, 0xc0, 0x80)],
    ["a good many", new Uint8Array(100_000).fill(7)],
  ])("echoes %s", async (_, bytes) => {
    const world = await openExample("blob-echo");
    await say(world, bytes);
    await world.idle();
    const echoed = { blob_ref: hashOf(bytes), bytes: base64(bytes) };
    expect(await world.events("demo/Echoed@1")).toEqual([echoed]);
    await world.replays();
  });

  it("takes the same bytes twice for two: each has an intent and an echo of its own", async () => {
    const world = await openExample("blob-echo");
    await say(world, HELLO);
    await say(world, HELLO);
    await world.idle();
    expect(await world.recordsOfKind("effect_intent")).toHaveLength(4);
    expect(await world.events("demo/Echoed@1")).toHaveLength(2);
    expect(await state(world)).toEqual({ kept: 2, echoed: 2, not_found: 0 });
    await world.replays();
  });

  it("is told of a blob that is not there by a receipt that failed", async () => {
    const world = await openExample("blob-echo");
    await find(world, NOBODYS);
    await world.idle();
    expect(await world.recordsOfKind("effect_receipt")).toMatchObject([
      { adapterId: "host.blob.get", status: "error" },
    ]);
    expect(await world.events("demo/NotFound@1")).toEqual([{ blob_ref: NOBODYS }]);
    expect(await world.events("demo/Echoed@1")).toEqual([]);
    expect(await state(world)).toEqual({ kept: 0, echoed: 0, not_found: 1 });
    await world.replays();
  });

  it("is denied what the policy does not allow: nothing of that delivery applies, and later ones do", async () => {
    const world = await openExample("blob-echo", {
      edit: (path, text) =>
        path === "policies.air.json"
          ? text.replace('"blob.get" }, "decision": "allow"', '"blob.get" }, "decision": "deny"')
          : text,
    });
    await say(world, HELLO);
    await world.idle();
    const decisions = await world.recordsOfKind("policy_decision");
    expect(decisions).toMatchObject([
      { decision: "allow", ruleIndex: 0n },
      { decision: "deny", ruleIndex: 1n },
    ]);
    expect((await world.recordsOfKind("delivery")).map(({ outcome }) => outcome)).toEqual(["ok", "fault"]);
    expect(await state(world)).toEqual({ kept: 0, echoed: 0, not_found: 0 });
    await say(world, HELLO);
    await world.idle();
    expect(await world.recordsOfKind("effect_intent")).toHaveLength(2);
    await world.replays();
  });

  it("goes on after a restart wherever it was, and finds what it kept", async () => {
    const open = await onDisk("blob-echo");
    const before = await open();
    await say(before, HELLO);
    const middle = await open();
    await middle.idle();
    expect(await state(middle)).toEqual({ kept: 1, echoed: 1, not_found: 0 });
    const after = await open();
    await find(after, hashOf(HELLO));
    await after.idle();
    expect(await state(after)).toEqual({ kept: 1, echoed: 2, not_found: 0 });
    await after.replays();
  });

  it("is kept as a recording", async () => {
    const world = await openExample("blob-echo");
    await say(world, HELLO);
    await world.idle();
    await find(world, NOBODYS);
    await world.idle();
    await world.engine.snapshot();
    await say(world, new Uint8Array(3000).fill(1));
    await world.idle();
    await find(world, hashOf(HELLO));
    await world.idle();
    await world.replays();
    await keepRecording("blob-echo", world.journal);
  });
});
