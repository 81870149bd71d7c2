/** The SDK's helpers through compiled wasm, beside independent oracles. */

import { createHash } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { toHex, utf8 } from "../../host/values/bytes.ts";
import { type Cbor, canon, decodeCbor, encodeCbor } from "../../host/values/cbor.ts";
import { hashOf } from "../../host/values/hash.ts";
import { runsOf, seedOf } from "../values/support.ts";
import { type ProbeCalls, probeCalls } from "./probe.ts";

const U64_MAX = 2n ** 64n - 1n;
const I64_MAX = 2n ** 63n - 1n;
const I64_MIN = -(2n ** 63n);
const RUNS = { seed: seedOf("SDK helpers"), numRuns: runsOf(300) };

let calls: ProbeCalls;
beforeAll(async () => {
  calls = await probeCalls();
}, 300_000);

const emitted = (...call: Parameters<ProbeCalls["outputOf"]>) =>
  calls.outputOf(...call).events.map(({ value }) => decodeCbor(value));
const note = (...call: Parameters<ProbeCalls["outputOf"]>) => decodeCbor(calls.outputOf(...call).state!);
const aborts = (...call: Parameters<ProbeCalls["outputOf"]>) => {
  const { code, message } = calls.faultOf(...call);
  expect(code).toBe("module.abort");
  return message;
};
const ask = (what: string, text: string) => note("ask", [what, text]);

const ENTROPY = Uint8Array.from({ length: 64 }, (_, i) => (i * 37 + 11) & 255);
const context = (entropy: Uint8Array) => ({ context: canon(new Map<string, Cbor>([["entropy", entropy]])) });
const nats = fc.bigInt(0n, U64_MAX);
const ints = fc.oneof(
  fc.bigInt(I64_MIN, I64_MAX),
  fc.constantFrom(I64_MIN, I64_MAX, -1n, 0n, 1n, I64_MIN + 1n),
);

const clampNat = (n: bigint) => (n < 0n ? 0n : n > U64_MAX ? U64_MAX : n);
const clampInt = (n: bigint) => (n < I64_MIN ? I64_MIN : n > I64_MAX ? I64_MAX : n);

describe("int arithmetic", () => {
  const exact = new Map<string, (a: bigint, b: bigint) => bigint>([
    ["AddInt", (a, b) => a + b],
    ["SubInt", (a, b) => a - b],
    ["MulInt", (a, b) => a * b],
  ]);

  test.each([...exact])("sat%s stays at the nearer end, checked%s aborts", (name, of) => {
    const operands = name === "MulInt" ? fc.oneof(ints, fc.bigInt(-(2n ** 34n), 2n ** 34n)) : ints;
    fc.assert(
      fc.property(operands, operands, (a, b) => {
        const sum = of(a, b);
        expect(emitted("calcInt", [`sat${name}`, a, b])).toEqual([clampInt(sum)]);
        if (clampInt(sum) === sum) expect(emitted("calcInt", [`checked${name}`, a, b])).toEqual([sum]);
        else expect(aborts("calcInt", [`checked${name}`, a, b])).toContain("outside int");
      }),
      RUNS,
    );
  });

  test("divides towards zero, and says what cannot be divided", () => {
    expect(emitted("calcInt", ["checkedDivInt", -7, 2])).toEqual([-3n]);
    expect(aborts("calcInt", ["checkedDivInt", 7, 0])).toBe("7 divided by zero");
    expect(aborts("calcInt", ["checkedDivInt", I64_MIN, -1])).toContain("outside int");
    expect(emitted("calc", ["checkedDiv", 7, 2])).toEqual([3n]);
    expect(aborts("calc", ["checkedDiv", 7, 0])).toBe("7 divided by zero");
  });

  test("becomes nat and back where it fits", () => {
    expect(emitted("calcInt", ["toNat", 5, 0])).toEqual([5n]);
    expect(aborts("calcInt", ["toNat", -1, 0])).toBe("-1 is outside nat");
    expect(emitted("calc", ["toInt", I64_MAX, 0])).toEqual([I64_MAX]);
    expect(aborts("calc", ["toInt", I64_MAX + 1n, 0])).toContain("outside int");
  });

  test("scales by a ratio as if nothing were ever too large in between", () => {
    const u32 = fc.bigInt(0n, 2n ** 32n - 1n);
    fc.assert(
      fc.property(nats, u32, u32, (a, num, den) => {
        if (den === 0n) expect(aborts("scale", [a, num, den])).toContain("denominator");
        else expect(emitted("scale", [a, num, den])).toEqual([clampNat((a * num) / den)]);
      }),
      RUNS,
    );
  });
});

describe("random numbers", () => {
  /** The sequence of bytes the SDK documents. */
  function* words(entropy: Uint8Array): Generator<bigint> {
    const read = (bytes: Uint8Array, at: number) => BigInt(`0x${toHex(bytes.subarray(at, at + 8))}`);
    for (let at = 0; at < entropy.length; at += 8) yield read(entropy, at);
    for (let block = 1n; ; block++) {
      const number = Uint8Array.from({ length: 8 }, (_, i) => Number((block >> BigInt(56 - 8 * i)) & 255n));
      const digest = createHash("sha256").update(entropy).update(number).digest();
      for (let at = 0; at < 32; at += 8) yield read(digest, at);
    }
  }
  const expected = (entropy: Uint8Array, most: bigint): Cbor[] => {
    const word = words(entropy);
    const next = () => word.next().value as bigint;
    const upTo = () => (((next() << 64n) | next()) * (most + 1n)) >> 128n;
    const first = next();
    const drawn = Array.from({ length: 6 }, upTo);
    const bytes = [next(), next()].map((n) => n.toString(16).padStart(16, "0")).join("");
    return [first, ...drawn, Uint8Array.from(Buffer.from(bytes, "hex").subarray(0, 11)), 0n, 1n];
  };

  test("are those the documented method gives, beyond the context's 64 bytes too", () => {
    const entropies = fc.uint8Array({ minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(entropies, fc.oneof(nats, fc.constantFrom(0n, 1n, U64_MAX)), (entropy, most) => {
        expect(emitted("random", most, context(entropy))).toEqual(expected(entropy, most));
      }),
      RUNS,
    );
  });

  test("are the same for the same entropy, and others for another", () => {
    const other = ENTROPY.map((byte) => byte ^ 1);
    expect(emitted("random", U64_MAX, context(ENTROPY))).toEqual(
      emitted("random", U64_MAX, context(ENTROPY)),
    );
    expect(emitted("random", U64_MAX, context(other))).not.toEqual(
      emitted("random", U64_MAX, context(ENTROPY)),
    );
  });

  test("need a declared context", () => {
    expect(aborts("random", 5)).toContain("sys/ReducerContext@1");
  });
});

describe("RetryPolicy", () => {
  interface Policy {
    readonly attempts: bigint;
    readonly min: bigint;
    readonly max: bigint;
    readonly base: readonly [bigint, bigint];
    readonly jitter: readonly [bigint, bigint];
  }
  const ask = ({ attempts, min, max, base, jitter }: Policy, attempt: bigint, entropy = ENTROPY) => {
    const [wait, delay, allows] = emitted(
      "policy",
      [attempts, min, max, ...base, ...jitter, attempt],
      context(entropy),
    );
    return { wait, delay: delay as bigint, allows };
  };
  const waitOf = ({ min, max, base: [num, den] }: Policy, attempt: bigint) => {
    let wait = min;
    for (let i = 0n; i < attempt; i++) wait = clampNat((wait * num) / den);
    return wait < max ? wait : max;
  };
  const small = fc.bigInt(0n, 5n);
  const ratio = fc.tuple(fc.bigInt(0n, 2n ** 32n - 1n), fc.bigInt(1n, 2n ** 32n - 1n));
  const policies: fc.Arbitrary<Policy> = fc.record({
    attempts: small,
    min: fc.oneof(nats, fc.bigInt(0n, 10n ** 10n)),
    max: fc.oneof(nats, fc.bigInt(0n, 10n ** 11n)),
    base: fc.oneof(ratio, fc.constantFrom([2n, 1n], [3n, 2n], [1n, 1n], [1n, 2n], [0n, 1n]) as typeof ratio),
    jitter: fc.oneof(ratio, fc.constantFrom([1n, 2n], [0n, 1n], [1n, 1n]) as typeof ratio),
  });

  test("waits min(max, min * base^attempt), rounded down at every step", () => {
    fc.assert(
      fc.property(policies, fc.bigInt(0n, 80n), (policy, attempt) => {
        expect(ask(policy, attempt)).toMatchObject({
          wait: waitOf(policy, attempt),
          allows: attempt < policy.attempts ? 1n : 0n,
        });
      }),
      RUNS,
    );
  });

  test("adds a jitter between nothing and wait * jitter, which the entropy decides", () => {
    const entropies = fc.uint8Array({ minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(policies, fc.bigInt(0n, 20n), entropies, (policy, attempt, entropy) => {
        const wait = waitOf(policy, attempt);
        const most = clampNat((wait * policy.jitter[0]) / policy.jitter[1]);
        const draw = BigInt(`0x${toHex(entropy.subarray(0, 16))}`);
        const { delay } = ask(policy, attempt, entropy);
        expect(delay).toBe(clampNat(wait + ((draw * (most + 1n)) >> 128n)));
        expect(delay >= wait && delay <= clampNat(wait + most)).toBe(true);
        expect(ask(policy, attempt, entropy).delay).toBe(delay);
      }),
      RUNS,
    );
  });

  test("reaches both ends of the jitter", () => {
    const policy: Policy = { attempts: 3n, min: 1000n, max: 5000n, base: [2n, 1n], jitter: [1n, 2n] };
    expect(ask(policy, 1n, new Uint8Array(64)).delay).toBe(2000n);
    expect(ask(policy, 1n, new Uint8Array(64).fill(255)).delay).toBe(3000n);
    const bare = { ...policy, jitter: [0n, 1n] as const };
    expect(ask(bare, 9n, new Uint8Array(64).fill(255)).delay).toBe(5000n);
  });

  test("tries three times with 1 s, 2 s, 4 s, up to 60 s, and half of it as jitter, unless told otherwise", () => {
    const defaults = (attempt: bigint) =>
      emitted("policy", [0, 0, 0, 1, 1, 1, 1, attempt], context(ENTROPY)).slice(3);
    const second = 10n ** 9n;
    expect(defaults(0n)).toEqual([3n, second, 1n, 2n]);
    expect(defaults(1n)).toEqual([3n, 2n * second, 1n, 2n]);
    expect(defaults(5n)).toEqual([3n, 32n * second, 1n, 2n]);
    expect(defaults(6n)).toEqual([3n, 60n * second, 1n, 2n]);
    expect(defaults(U64_MAX)).toEqual([3n, 60n * second, 1n, 2n]);
  });

  test("refuses a ratio without a denominator", () => {
    expect(aborts("policy", [3, 1, 1, 2, 0, 1, 2, 0], context(ENTROPY))).toContain("denominator");
    expect(aborts("policy", [3, 1, 1, 2, 1, 1, 0, 0], context(ENTROPY))).toContain("denominator");
  });
});

describe("digests", () => {
  test("are those of another implementation, whatever the length", () => {
    const lengths = [0, 1, 31, 32, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 1000];
    for (const length of lengths) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) & 255);
      expect(note("digest", bytes)).toBe(createHash("sha256").update(bytes).digest("hex"));
    }
  });

  test("name the blob that is put and got", () => {
    const bytes = utf8("contents");
    const ref = hashOf(bytes);
    const { effects, state } = calls.outputOf("blobs", bytes);
    expect(decodeCbor(state!)).toBe(ref);
    expect(effects.map(({ kind, slot, params }) => [kind, slot, decodeCbor(params)])).toEqual([
      [
        "blob.put",
        null,
        new Map<string, Cbor>([
          ["bytes", bytes],
          ["blob_ref", ref],
        ]),
      ],
      ["blob.get", "store", new Map([["blob_ref", ref]])],
    ]);
  });
});

describe("keys", () => {
  test("of events may be texts, numbers, values; the last one counts", () => {
    const { events } = calls.outputOf("intents", "é");
    const keys = events.map(({ key }) => key && toHex(key));
    const expected: Cbor[] = ["é", 7, -7, 300, "last"];
    expect(keys).toEqual(expected.map((key) => toHex(encodeCbor(key))));
  });

  test("of the cell are read again and again, tagged or not", () => {
    expect(note("key", null, { key: encodeCbor("ab") })).toBe("abab");
    expect(note("key", null, { key: canon("ab") })).toBe("abab");
    expect(aborts("key", null)).toContain("no cell key");
  });
});

describe("hashes and uuids", () => {
  const hash = `sha256:${"0a".repeat(32)}`;
  const uuid = "01234567-89ab-cdef-0123-456789abcdef";

  test.each([
    [hash, "true"],
    [hash.replace("0a", "0A"), "false"],
    [hash.slice(1), "false"],
    [`${hash}0`, "false"],
    [hash.replace("0a", "0g"), "false"],
    ["", "false"],
  ])("%s is a hash: %s", (text, is) => {
    expect(ask("isHash", text)).toBe(is);
  });

  test.each([
    [uuid, "true"],
    [uuid.toUpperCase(), "true"],
    [uuid.replaceAll("-", ""), "false"],
    [uuid.replace("-", "0"), "false"],
    [uuid.replace("a", "g"), "false"],
    ["", "false"],
  ])("%s is a uuid: %s", (text, is) => {
    expect(ask("isUuid", text)).toBe(is);
  });

  test("become bytes and texts again", () => {
    expect(ask("hashBytes", hash)).toBe(hashOf(Uint8Array.from({ length: 32 }, () => 10)));
    expect(aborts("ask", ["hashBytes", "x"])).toBe("'x' is no hash");
    expect(ask("uuid", uuid.toUpperCase())).toBe(uuid);
    expect(aborts("ask", ["uuid", "x"])).toBe("'x' is no uuid");
    expect(ask("sameUuid", `${uuid} ${uuid.toUpperCase()}`)).toBe("true");
    expect(ask("sameUuid", `${uuid} ${uuid.replace("0", "1")}`)).toBe("false");
  });
});

describe("texts in UTF-8", () => {
  test.each(["", "plain", "größer", "\u{1f600} and more"])(
    "%j is read from its bytes and written to them",
    (text) => {
      expect(note("utf8", utf8(text))).toBe(`${toHex(utf8(text))} ${text}`);
    },
  );

  test.each([
    ["a byte that begins nothing", [0xff]],
    ["a character cut short", [0x61, 0xe2, 0x82]],
    ["an overlong form", [0xc0, 0x80]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
  ])("%s is none", (_, bytes) => {
    expect(note("utf8", Uint8Array.from(bytes))).toBe("none");
  });
});

describe("dec128", () => {
  test.each([
    "0",
    "-0.0",
    "+1",
    "1.50",
    "1e3",
    "1E-3",
    "-12.5e+07",
    "0001",
    `${"9".repeat(50)}.${"1".repeat(50)}`,
  ])("%s is one", (text) => expect(ask("isDec128", text)).toBe("true"));

  test.each(["", "-", ".5", "1.", "1e", "1e+", " 1", "1 ", "0x1", "1,5", "--1", "NaN", "1.5.2", "1e5.0"])(
    "%j is none",
    (text) => {
      expect(ask("isDec128", text)).toBe("false");
      expect(aborts("ask", ["decimal", text])).toContain("no dec128");
    },
  );

  const decimals = fc
    .tuple(fc.bigInt(-(10n ** 20n), 10n ** 20n), fc.integer({ min: -25, max: 25 }))
    .map(([units, exponent]) => ({ text: `${units}e${exponent}`, units, exponent }));

  test("compare as the numbers they are, however they are written", () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        const [x, y] = [a, b].map(({ units, exponent }) => units * 10n ** BigInt(exponent + 25)) as [
          bigint,
          bigint,
        ];
        const found = Number(ask("compare", `${a.text} ${b.text}`));
        expect(Math.sign(found)).toBe(x < y ? -1 : x > y ? 1 : 0);
      }),
      RUNS,
    );
  });

  test("have one shortest text for each number, which is the same number", () => {
    fc.assert(
      fc.property(decimals, ({ text, units, exponent }) => {
        const shortest = String(ask("decimal", text));
        expect(ask("compare", `${shortest} ${text}`)).toBe("0");
        expect(ask("decimal", `${units}000e${exponent - 3}`)).toBe(shortest);
        expect(ask("decimal", shortest)).toBe(shortest);
      }),
      RUNS,
    );
  });

  test.each([
    ["12.50", "12.5"],
    ["-0", "0"],
    ["1e3", "1000"],
    ["0.000120", "0.00012"],
    ["1e40", "1e40"],
    ["-1.5e-3", "-0.0015"],
    ["1e-60", "1e-60"],
  ])("%s is shortest as %s", (text, shortest) => {
    expect(ask("decimal", text)).toBe(shortest);
  });

  test("become integers of the smallest unit, and come from them", () => {
    expect(ask("units", "12.5 2")).toBe("1250");
    expect(ask("units", "-92233720368547758.08 2")).toBe(String(I64_MIN));
    expect(ask("units", "1e3 0")).toBe("1000");
    expect(aborts("ask", ["units", "12.505 2"])).toContain("2 places");
    expect(aborts("ask", ["units", "92233720368547758.08 2"])).toContain("2 places");
    expect(aborts("ask", ["units", "1e999999999999999999999 2"])).toContain("2 places");
    expect(ask("of", "1250 2")).toBe("12.5");
    expect(ask("of", "-5 3")).toBe("-0.005");
  });
});
