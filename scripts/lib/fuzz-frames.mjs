/** Frames of a journal: bytes with a length and a checksum, which are put right for most inputs. */

import { ensure, unlessRefused } from "./fuzz-checks.mjs";

const PREFIX_BYTES = 8;

export function frameTarget(modules) {
  const { openFrame, recordBytes, writeRecord, CborWriter, equalBytes, crc32 } = modules;
  const written = (record) => {
    const writer = new CborWriter();
    writeRecord(writer, record);
    return writer.finish();
  };
  const choice = { valid: validFrames(modules), subject: null };
  return {
    choose: () => choice,
    attempt(input, random) {
      const bytes = random.below(8) === 0 ? input : sealed(input, crc32);
      const frame = unlessRefused(modules, () => openFrame(bytes));
      if (frame === undefined) return false;
      const own = recordBytes(frame);
      ensure(own.length === frame.records.length, "a frame has other records than it shows");
      own.forEach((each, i) => {
        ensure(
          equalBytes(written(frame.records[i]), each),
          `record ${i} is written otherwise than it was read`,
        );
      });
      return true;
    },
  };
}

/** The input with the length and the checksum its body has. */
function sealed(input, crc32) {
  const bytes = input.length < PREFIX_BYTES ? new Uint8Array(PREFIX_BYTES) : input.slice();
  const body = bytes.subarray(PREFIX_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, PREFIX_BYTES);
  view.setUint32(0, body.length, true);
  view.setUint32(4, crc32(body), true);
  return bytes;
}

/** One frame for each kind of record, and one of all of them. */
function validFrames({ FrameBuilder, EMPTY_HEAD, LAYOUT, canon }) {
  const stamp = {
    logicalNs: 1700000000000000000n,
    wallNs: 1700000000000000001n,
    entropy: new Uint8Array(32).fill(7),
  };
  const entry = { ...stamp, by: "somebody", ingressId: "line-1", requestDigest: new Uint8Array(32) };
  const anonymous = { ...stamp, by: null, ingressId: null, requestDigest: null };
  const records = Object.entries(LAYOUT).map(([kind, { fields }], i) => recordOf(kind, fields, i, canon));
  const seal = (list, from) => {
    const builder = new FrameBuilder();
    for (const record of list) builder.add(record);
    return builder.seal(EMPTY_HEAD, from).bytes;
  };
  return [
    ...records.map((record, i) => seal([record], i % 2 === 0 ? entry : anonymous)),
    seal(records, entry),
  ];
}

/** A record with something in every field, or nothing where nothing is allowed and `i` is odd. */
function recordOf(kind, fields, i, canon) {
  const hash = `sha256:${"ab".repeat(32)}`;
  const samples = {
    nat: 70000n,
    nats: [1n, 2n],
    text: "something",
    bytes: Uint8Array.of(1, 2, 3),
    hash,
    identity: hash,
    value: canon(new Map([["a", 1n]])),
    pairs: [["fail", "done"]],
  };
  const sample = (type) => (type.endsWith("?") && i % 2 === 1 ? null : samples[type.replace("?", "")]);
  const values = Object.entries(fields).map(([key, type]) => [key, sample(type)]);
  const cell = i % 3 === 0 ? null : { reducer: "demo/Machine@1", key: canon("key") };
  return { kind, cause: i === 0 ? null : i - 1, cell, ...Object.fromEntries(values) };
}
