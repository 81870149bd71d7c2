/**
 * A journal in which one byte was changed: with the CRC left as it was, and with the CRC repaired, which only
 * someone who knows the format can do. A change that passes, or that is told of another place, is a bug here.
 */

import { beforeAll, describe, expect, it } from "vitest";
import { type Frame, openFrame, recordBytes } from "../../host/journal/frame.ts";
import type { Journal } from "../../host/journal/port.ts";
import { runToIdle } from "../../host/testing/clock.ts";
import { AirloomError } from "../../host/values/errors.ts";
import { crc32 } from "../../host/values/hash.ts";
import { Draw } from "../support/draw.ts";
import { frameBytes, openVirtual, replayJournal, startWork, testWorld } from "../support/world.ts";

const RECORD_BYTES_TRIED = 4;
const HEAD_BYTES_TRIED = 20;
/** Length and CRC in front of a frame's body. */
const PREFIX_BYTES = 8;
/** In the body, behind the head's list: the digest of the frame before. */
const PREVIOUS_DIGEST = { from: PREFIX_BYTES + 3, to: PREFIX_BYTES + 35 };

const draw = new Draw("tampering");

interface Change {
  readonly frame: number;
  readonly record: number;
  /** Byte of the frame. */
  readonly at: number;
  readonly flip: number;
}

/** What a replay of the changed journal said. */
interface Found {
  readonly how: "identical" | "corrupt" | "diverged" | "failed";
  readonly frame?: bigint;
  readonly record?: number;
  readonly what: unknown;
}

let journal: Journal;
let frames: readonly Uint8Array[];
let opened: readonly Frame[];

beforeAll(async () => {
  const world = await openVirtual(await testWorld());
  await startWork(world.engine);
  await runToIdle(world.engine, world.clock);
  journal = world.journal;
  frames = await frameBytes(journal);
  opened = frames.map(openFrame);
});

function apply({ frame, at, flip }: Change, options: { readonly repairCrc: boolean }): Uint8Array {
  const bytes = frames[frame]!.slice();
  bytes[at]! ^= flip;
  if (options.repairCrc) {
    new DataView(bytes.buffer).setUint32(4, crc32(bytes.subarray(PREFIX_BYTES)), true);
  }
  return bytes;
}

async function replayChanged(change: Change, options: { readonly repairCrc: boolean }): Promise<Found> {
  const changed = apply(change, options);
  try {
    const all = frames.map((bytes, i) => (i === change.frame ? changed : bytes));
    const { verdict, divergence } = await replayJournal(journal, { frames: all });
    if (divergence === null) return { how: verdict === "identical" ? verdict : "failed", what: verdict };
    return { how: "diverged", frame: divergence.frame, record: divergence.record, what: divergence };
  } catch (error) {
    if (!(error instanceof AirloomError) || error.kind !== "corrupt") return { how: "failed", what: error };
    const { frame, record } = error.fields as { frame?: bigint; record?: number };
    return {
      how: "corrupt",
      ...(frame === undefined ? {} : { frame }),
      record: record ?? 0,
      what: error.fields,
    };
  }
}

/** First, last and some bytes between, each with bits to flip. */
function changesIn(frame: number, record: number, from: number, to: number, count: number): Change[] {
  const places = new Set([from, to - 1]);
  while (places.size < Math.min(count, to - from)) places.add(from + draw.below(to - from));
  return [...places].map((at) => ({ frame, record, at, flip: draw.bits() }));
}

function recordChanges(): Change[] {
  return opened.flatMap((frame, i) =>
    recordBytes(frame).flatMap((bytes, record) => {
      const from = bytes.byteOffset - frame.bytes.byteOffset;
      return changesIn(i, record, from, from + bytes.length, RECORD_BYTES_TRIED);
    }),
  );
}

function headChanges(): Change[] {
  return opened.flatMap((frame, i) => {
    const end = recordBytes(frame)[0]!.byteOffset - frame.bytes.byteOffset;
    return changesIn(i, 0, PREFIX_BYTES, end, HEAD_BYTES_TRIED);
  });
}

const show = (change: Change, found: unknown = "") =>
  `seed ${draw.seed}, ${JSON.stringify(change)} ${JSON.stringify(found, (_key, value) =>
    typeof value === "bigint" ? `${value}` : value,
  )}`;

describe("a journal with a byte changed in any record", () => {
  it("is replayed identically before", async () => {
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical", frames: frames.length });
    expect(opened.flatMap((frame) => frame.records).length).toBeGreaterThan(30);
  });

  it("cannot be read where the CRC was left, and the frame is named", async () => {
    for (const change of [...recordChanges(), ...headChanges()]) {
      const bytes = apply(change, { repairCrc: false });
      const corrupt = expect.objectContaining({ kind: "corrupt", code: "journal.corrupt" });
      expect(() => openFrame(bytes), show(change)).toThrow(corrupt);
    }
    for (const [frame, bytes] of frames.entries()) {
      const change = { frame, record: 0, at: draw.below(bytes.length), flip: draw.bits() };
      const found = await replayChanged(change, { repairCrc: false });
      expect(found, show(change, found)).toMatchObject({ how: "corrupt", frame: BigInt(change.frame) });
    }
  });

  it("is found out where the CRC was repaired, and the record is named", async () => {
    for (const change of recordChanges()) {
      const found = await replayChanged(change, { repairCrc: true });
      const message = show(change, found);
      expect(["corrupt", "diverged"], message).toContain(found.how);
      expect(found.frame, message).toBe(BigInt(change.frame));
      // What was derived from a changed ingress differs with it: any record of the frame may be the first.
      if (change.record > 0) expect(found.record, message).toBe(change.record);
    }
  });
});

describe("a journal with a byte changed in the head of a frame", () => {
  it("is found out where the CRC was repaired, and the frame is named", async () => {
    for (const change of headChanges()) {
      const found = await replayChanged(change, { repairCrc: true });
      const message = show(change, found);
      expect(["corrupt", "diverged"], message).toContain(found.how);
      expect(found.frame, message).toBe(BigInt(change.frame));
    }
  });

  it("is told by the field where the digest of the frame before was changed", async () => {
    for (const [frame] of frames.entries()) {
      const at = PREVIOUS_DIGEST.from + draw.below(32);
      expect(at).toBeLessThan(PREVIOUS_DIGEST.to);
      const change = { frame, record: 0, at, flip: draw.bits() };
      const { what } = await replayChanged(change, { repairCrc: true });
      const expected = { frame: BigInt(frame), reason: "chain", field: "previous_digest" };
      expect(what, show(change, what)).toMatchObject(expected);
    }
  });
});
