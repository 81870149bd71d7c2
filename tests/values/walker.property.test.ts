/**
 * The walkers accept exactly what reading, checking and writing gives again, whatever the bytes: changed ones,
 * random ones, those of another type. AIRLOOM_SEED and AIRLOOM_RUNS as in the other properties.
 */

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { concat, fromHex, toHex } from "../../host/values/bytes.ts";
import { withoutSelfDescribe } from "../../host/values/cbor.ts";
import type { Type } from "../../host/values/type.ts";
import { drawType, drawValue } from "./arbitrary.ts";
import { type Draw, drawn } from "./draw.ts";
import { looseCbor } from "./loose.ts";
import { compile, expectBytes, reproduces } from "./oracle.ts";
import { runsOf, seedOf } from "./support.ts";

// Ten thousand cases each: a machine that is busy with other things takes its time.
vi.setConfig({ testTimeout: 300_000 });

const options = { seed: seedOf("walker"), numRuns: runsOf() };

interface Case {
  readonly type: Type;
  readonly bytes: Uint8Array;
}

/**
 * Asserts that the walker agrees with the oracle on every case, and that of many cases at least this share was
 * accepted and this share refused: else they would show little.
 */
function agreement(cases: fc.Arbitrary<Case>, least: { accepted: number; refused: number }): void {
  let accepted = 0;
  let refused = 0;
  fc.assert(
    fc.property(cases, ({ type, bytes }) => {
      const schema = compile(type);
      const same = reproduces(schema, bytes);
      if (schema.accepts(bytes) !== same) expect({ hex: toHex(bytes), accepts: !same }).toBe(same);
      if (same) accepted += 1;
      else refused += 1;
    }),
    options,
  );
  if (options.numRuns < 1000) return;
  expect(accepted / options.numRuns).toBeGreaterThan(least.accepted);
  expect(refused / options.numRuns).toBeGreaterThan(least.refused);
}

function canonical(draw: Draw, type: Type): Uint8Array {
  return withoutSelfDescribe(compile(type).encode(drawValue(draw, type)));
}

describe("a walker accepts exactly what reading and writing gives again", () => {
  it("of canonical bytes that were changed", () => {
    const changed = drawn((draw) => {
      const type = drawType(draw, 3);
      let bytes = canonical(draw, type);
      for (let left = 1 + draw.below(3); left > 0; left--) bytes = edited(draw, bytes);
      return { type, bytes };
    });
    agreement(changed, { accepted: 0.02, refused: 0.3 });
  });

  it("of random bytes", () => {
    const random = drawn((draw) => ({ type: drawType(draw, draw.below(3)), bytes: randomItems(draw) }));
    agreement(random, { accepted: 0.005, refused: 0.3 });
  });

  it("of canonical bytes of another type", () => {
    const strange = drawn((draw) => {
      const type = drawType(draw, 2);
      const other = draw.once(8) ? drawType(draw, 2) : likeType(draw, type);
      return { type: other, bytes: canonical(draw, type) };
    });
    agreement(strange, { accepted: 0.02, refused: 0.1 });
  });
});

describe("a walker", () => {
  it("gives the same answer in the middle of other bytes, and never one behind the end", () => {
    const inside = drawn((draw) => {
      const type = drawType(draw, 3);
      const bytes = canonical(draw, type);
      const before = draw.bytes(6);
      return { type, bytes, before, after: draw.bytes(12), cut: draw.below(bytes.length + 1) };
    });
    fc.assert(
      fc.property(inside, ({ type, bytes, before, after, cut }) => {
        const schema = compile(type);
        const around = concat([before, bytes, after]);
        const start = before.length;
        const stop = start + bytes.length;
        const answers = [schema.check(around, start, stop), schema.check(around, start, around.length)];
        if (answers.some((answer) => answer !== stop)) expect(answers).toEqual([stop, stop]);
        const short = cut < bytes.length ? schema.check(around, start, start + cut) : -1;
        if (short !== -1) expect(short).toBe(-1);
      }),
      options,
    );
  });

  it("accepts what normalising makes of any other order and spelling of a value's CBOR", () => {
    const loose = drawn((draw) => {
      const type = drawType(draw, 3);
      const value = drawValue(draw, type);
      const schema = compile(type);
      return {
        schema,
        value,
        bytes: looseCbor(type, schema.decode(schema.encode(value)), () => draw.below(6)),
      };
    });
    fc.assert(
      fc.property(loose, ({ schema, value, bytes }) => {
        expectBytes(schema.normalize(bytes), schema.encode(value));
      }),
      options,
    );
  });
});

/** One small change somewhere. */
function edited(draw: Draw, bytes: Uint8Array): Uint8Array {
  const at = draw.below(bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  const byte = draw.below(256);
  switch (draw.below(9)) {
    case 8: // an edge of some type, in place of what is there
      return Uint8Array.of(...before, ...draw.pick(EDGES), ...after.subarray(draw.below(10)));
    case 0: // cut off
      return before.slice();
    case 1: // another byte
      return Uint8Array.of(...before, byte, ...after.subarray(1));
    case 2: // one byte more
      return Uint8Array.of(...before, byte, ...after);
    case 3: // one less
      return Uint8Array.of(...before, ...after.subarray(1));
    case 4: // the next number up
      return Uint8Array.of(...before, ...after.subarray(0, 1).map((b) => b + 1), ...after.subarray(1));
    case 5: // a bit
      return Uint8Array.of(
        ...before,
        ...after.subarray(0, 1).map((b) => b ^ (1 << (byte % 8))),
        ...after.subarray(1),
      );
    case 6: // something of the same size: letters, mostly
      return Uint8Array.of(...before, ...after.subarray(0, 1).map((b) => b ^ 1), ...after.subarray(1));
    default: // a stretch twice
      return Uint8Array.of(...before, ...after.subarray(0, byte % 8), ...after);
  }
}

/** Items at the edge of what is allowed, or beyond it. */
const EDGES: readonly Uint8Array[] = [
  "17", // 23
  "1817", // 23 in a long head
  "1818",
  "1900ff",
  "190100",
  "1a0000ffff",
  "1a00010000",
  "1b00000000ffffffff",
  "1b0000000100000000",
  "1b7fffffffffffffff", // 2^63-1
  "1b8000000000000000",
  "1bffffffffffffffff",
  "3b7fffffffffffffff", // -2^63
  "3b8000000000000000",
  "3bffffffffffffffff",
  "1c",
  "1f",
  "40",
  "5f4100ff",
  "7817",
  "61c3", // half a character
  "62c0af", // overlong
  "62c280",
  "63e08080",
  "63ed9fbf",
  "63eda080", // a surrogate
  "63efbfbf",
  "64f0808080",
  "64f48fbfbf",
  "64f4908080", // above U+10FFFF
  "7f6161ff",
  "80",
  "9fff",
  "9bffffffffffffffff",
  "a0",
  "bfff",
  "bbffffffffffffffff",
  "d9d9f7",
  "f7",
  "f93c00",
  "ff",
].map((hex) => fromHex(hex)!);

/** Edges and a few bytes that look like the beginning of something, then any. */
function randomItems(draw: Draw): Uint8Array {
  const heads = [0x00, 0x17, 0x18, 0x20, 0x40, 0x60, 0x61, 0x80, 0x81, 0x82, 0xa0, 0xa1, 0xf4, 0xf5, 0xf6];
  const parts: Uint8Array[] = [];
  for (let left = draw.below(8); left > 0; left--) {
    const byte = draw.once(3) ? draw.below(256) : draw.pick(heads);
    parts.push(draw.once(4) ? draw.pick(EDGES) : Uint8Array.of(byte));
  }
  return concat(parts);
}

/** The same type with one thing in it changed, or nothing. */
function likeType(draw: Draw, type: Type): Type {
  switch (type.kind) {
    case "record":
      return { kind: "record", fields: likeMembers(draw, type.fields) };
    case "variant":
      return { kind: "variant", arms: likeMembers(draw, type.arms) };
    case "list":
    case "set":
    case "option":
      return draw.once(3)
        ? { kind: draw.pick(["list", "set", "option"]), item: type.item }
        : { kind: type.kind, item: likeType(draw, type.item) };
    case "map":
      return { kind: "map", key: type.key, value: likeType(draw, type.value) };
    case "ref":
      return type;
    default:
      return draw.once(3) ? type : drawType(draw, 0);
  }
}

function likeMembers(draw: Draw, members: ReadonlyMap<string, Type>): Map<string, Type> {
  const entries = [...members];
  const at = draw.below(entries.length + 1);
  const entry = entries[at];
  if (entry === undefined) return new Map(entries.reverse());
  const [name, type] = entry;
  const how = draw.below(4);
  if (how === 0) entries[at] = [name, likeType(draw, type)];
  else if (how === 1) entries[at] = [`${name}x`, type];
  else if (how === 2) entries[at] = [name, { kind: "option", item: type }];
  else if (entries.length > 1) entries.splice(at, 1);
  return new Map(entries);
}
