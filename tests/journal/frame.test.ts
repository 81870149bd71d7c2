import { describe, expect, it } from "vitest";
import {
  EMPTY_HEAD,
  type Entry,
  FrameBuilder,
  headAfter,
  openFrame,
  recordBytes,
} from "../../host/journal/frame.ts";
import {
  decodeRecord,
  fieldsOf,
  type JournalRecord,
  LAYOUT,
  type RecordKind,
} from "../../host/journal/record.ts";
import type { LogicalTimeNs, WallTimeNs } from "../../host/values/brand.ts";
import { decodeCbor, encodeCbor } from "../../host/values/cbor.ts";
import { AirloomError } from "../../host/values/errors.ts";
import { crc32, hashOf, sha256 } from "../../host/values/hash.ts";

const ENTRY: Entry = {
  logicalNs: 1_700_000_000_000_000_001n as LogicalTimeNs,
  wallNs: 1_700_000_000_000_000_000n as WallTimeNs,
  entropy: new Uint8Array(32).fill(7),
  by: null,
  ingressId: null,
  requestDigest: null,
};

/** A record of a kind with every optional field set or left out. */
function sample(kind: RecordKind, filled: boolean): JournalRecord {
  const record: Record<string, unknown> = {
    kind,
    cause: filled ? 3 : null,
    cell: filled ? { reducer: "demo/R@1", key: Uint8Array.of(1, 2) } : null,
  };
  for (const { key, type } of fieldsOf(kind)) {
    if (type.endsWith("?") && !filled) record[key] = null;
    else if (type.startsWith("nat") && type !== "nats") record[key] = 18446744073709551615n;
    else if (type === "nats") record[key] = [1n, 2n];
    else if (type === "pairs") record[key] = [["a", "done"]];
    else if (type.startsWith("text")) record[key] = "tëxt";
    else if (type.startsWith("hash") || type === "identity") record[key] = hashOf(Uint8Array.of(9));
    else record[key] = Uint8Array.of(0xf6);
  }
  return record as unknown as JournalRecord;
}

const KINDS = Object.keys(LAYOUT) as RecordKind[];

describe("a frame", () => {
  const records = KINDS.flatMap((kind) => [sample(kind, true), sample(kind, false)]);
  const builder = new FrameBuilder();
  for (const record of records) builder.add(record);
  const frame = builder.seal(EMPTY_HEAD, ENTRY);

  it("gives back every kind of record, with and without its optional fields", () => {
    const opened = openFrame(frame.bytes);
    expect(opened.records).toEqual(records);
    expect(opened.head).toEqual(frame.head);
    expect(opened.digest).toEqual(frame.digest);
  });

  it("is length, CRC and a body whose sha256 is the digest", () => {
    const view = new DataView(frame.bytes.buffer, frame.bytes.byteOffset);
    const body = frame.bytes.subarray(8);
    expect(view.getUint32(0, true)).toBe(body.length);
    expect(view.getUint32(4, true)).toBe(crc32(body));
    expect(frame.digest).toEqual(sha256(body));
  });

  it("begins its body with the digest before it, so that frames chain", () => {
    const next = new FrameBuilder();
    next.add(sample("continue", false));
    const second = next.seal(headAfter(frame), ENTRY);
    expect(second.head.previousDigest).toEqual(frame.digest);
    expect(second.head.frame).toBe(1n);
    expect(second.head.firstRecord).toBe(BigInt(records.length));
    expect(second.bytes.subarray(8 + 3, 8 + 3 + 32)).toEqual(frame.digest);
  });

  it("is canonical CBOR in every record: another encoding of the same is another journal", () => {
    for (const bytes of recordBytes(frame)) expect(encodeCbor(decodeCbor(bytes))).toEqual(bytes.slice());
  });

  it("begins every record with kind, cause and cell", () => {
    for (const [i, bytes] of recordBytes(frame).entries()) {
      const [number, cause] = decodeCbor(bytes) as readonly unknown[];
      expect(number).toBe(BigInt(LAYOUT[records[i]!.kind].number));
      expect(cause).toBe(records[i]!.cause === null ? null : 3n);
    }
  });

  it("gives every kind a number of its own", () => {
    const numbers = KINDS.map((kind) => LAYOUT[kind].number);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});

describe("a frame that was damaged", () => {
  const builder = new FrameBuilder();
  builder.add(sample("domain_event", true));
  builder.add(sample("delivery", true));
  const frame = builder.seal(EMPTY_HEAD, ENTRY);

  const refusal = (bytes: Uint8Array): AirloomError => {
    try {
      openFrame(bytes);
    } catch (error) {
      if (error instanceof AirloomError) return error;
      throw error;
    }
    throw new Error("the frame was accepted");
  };

  it("is refused at any single changed byte", () => {
    for (let i = 0; i < frame.bytes.length; i++) {
      const bytes = frame.bytes.slice();
      bytes[i] = bytes[i]! ^ 1;
      expect(refusal(bytes)).toMatchObject({ kind: "corrupt", code: "journal.corrupt" });
    }
  });

  it("is refused at any length but its own", () => {
    for (const length of [0, 4, 7, 8, frame.bytes.length - 1]) {
      expect(refusal(frame.bytes.slice(0, length)).code).toBe("journal.corrupt");
    }
    const longer = new Uint8Array(frame.bytes.length + 1);
    longer.set(frame.bytes);
    expect(refusal(longer).code).toBe("journal.corrupt");
  });

  it("names frame and record when the CRC was repaired over a record that cannot be read", () => {
    const bytes = frame.bytes.slice();
    const last = bytes.length - recordBytes(frame)[1]!.length;
    bytes[last + 1] = 0x18; // a kind that is not in its shortest form
    const view = new DataView(bytes.buffer);
    view.setUint32(4, crc32(bytes.subarray(8)), true);
    expect(refusal(bytes).fields).toMatchObject({ frame: 0n, record: 1 });
  });

  it("refuses a kind that is no integer, though JavaScript would make its number of it", () => {
    const { number } = LAYOUT.continue;
    expect(decodeRecord(encodeCbor([number, null, null]))).toMatchObject({ kind: "continue" });
    for (const kind of [`${number}`, Uint8Array.of(number), [number]]) {
      expect(() => decodeRecord(encodeCbor([kind, null, null]))).toThrow(AirloomError);
    }
  });

  it("refuses records of unknown kind and of other fields", () => {
    const unknown = encodeCbor([99, null, null]);
    const short = encodeCbor([LAYOUT.domain_event.number, null, null, "s"]);
    for (const bytes of [unknown, short, encodeCbor([]), encodeCbor("text")]) {
      expect(() => decodeRecord(bytes)).toThrow(AirloomError);
    }
  });
});
