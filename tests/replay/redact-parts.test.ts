/** Substitutes, paths and keys of a redaction by themselves, and on worlds whose cells have keys. */

import { describe, expect, it } from "vitest";
import type { Entry } from "../../host/replay/recording/entry.ts";
import { readRecording } from "../../host/replay/recording/file.ts";
import { replayRecording } from "../../host/replay/recording/replay.ts";
import { Secrets } from "../../host/replay/redact/leaks.ts";
import { parseRedactPath, substituteAt } from "../../host/replay/redact/paths.ts";
import { redact } from "../../host/replay/redact/redact.ts";
import { Substitutes } from "../../host/replay/redact/substitutes.ts";
import { utf8 } from "../../host/values/bytes.ts";
import { canon } from "../../host/values/cbor.ts";
import { integerFits, textFits } from "../../host/values/scalars.ts";
import type { Value } from "../../host/values/value.ts";
import { runsOf, seedOf } from "../values/support.ts";
import { Chance } from "../wasm/random/chance.ts";
import { keptRecordings } from "./recordings.ts";

const SALT = utf8("a salt of sixteen bytes");
const seed = seedOf("redact");

/** Scalars of every kind, small and large ones. */
function scalar(chance: Chance): Value {
  const below = (count: number): number => chance.below(count);
  const digits = (count: number): string => Array.from({ length: count }, () => below(10)).join("");
  const hex = (count: number): string =>
    Array.from({ length: count }, () => "0123456789abcdef"[below(16)]).join("");
  const word = Array.from({ length: below(12) }, () => "aZ0 -é@字"[below(8)]).join("");
  switch (below(8)) {
    case 0:
      return { kind: "text", value: word };
    case 1:
      return { kind: "nat", value: BigInt(below(64)) };
    case 2:
      return { kind: "int", value: -BigInt(digits(1 + below(17))) };
    case 3:
      return { kind: "time", value: (1n << 63n) + BigInt(digits(1 + below(18))) };
    case 4:
      return { kind: "uuid", value: `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}` };
    case 5:
      return { kind: "hash", value: `sha256:${hex(64)}` };
    case 6:
      return { kind: "dec128", value: `-${digits(3)}.${digits(2)}e10` };
    default:
      return { kind: "bytes", value: Uint8Array.from({ length: below(5) }, () => below(256)) };
  }
}

const textOf = (value: Value): string => `${value.kind} ${"value" in value ? String(value.value) : ""}`;

describe("substitutes", () => {
  it("are of the same type and form, equal for equal values, different for different ones", () => {
    const chance = new Chance(seed, 1);
    const [substitutes, again] = [new Substitutes(SALT), new Substitutes(SALT)];
    const found = new Map<string, string>();
    const from = new Map<string, string>();
    for (let run = 0; run < runsOf(4000); run++) {
      const value = scalar(chance);
      const substitute = substitutes.of(value);
      expect(again.of(value)).toEqual(substitute);
      expect(substitute.kind).toBe(value.kind);
      const [old, now] = [textOf(value), textOf(substitute)];
      expect(found.get(old) ?? now, old).toBe(now);
      expect(from.get(now) ?? old, `${old} and ${from.get(now)} both become ${now}`).toBe(old);
      found.set(old, now);
      from.set(now, old);
      if (substitute.kind === "nat" || substitute.kind === "int" || substitute.kind === "time") {
        expect(integerFits(substitute.kind, substitute.value)).toBe(true);
        const bits = ({ value: number }: { value: bigint }) => number.toString(2).replace("-", "").length;
        expect(bits(substitute)).toBe(bits(value as typeof substitute));
      }
      if ("value" in substitute && typeof substitute.value === "string") {
        expect(textFits(substitute.kind as "text", substitute.value)).toBe(true);
      }
    }
  });

  it("are no real value, and hold none, once they were told of all", () => {
    const ids = Array.from({ length: 300 }, (_, i) => `${4000 + 17 * i}`);
    const of = (substitutes: Substitutes) =>
      ids.map((value) => (substitutes.of({ kind: "text", value }) as { value: string }).value);
    const careless = new Substitutes(SALT);
    expect(of(careless).some((text) => ids.includes(text))).toBe(true);
    const substitutes = new Substitutes(SALT);
    for (const value of ids) substitutes.avoid({ kind: "text", value });
    for (const text of of(substitutes)) expect(ids.filter((id) => text.includes(id))).toEqual([]);
    const longer = substitutes.of({ kind: "text", value: "card 4000 4017 4034 4051" }) as { value: string };
    expect(ids.filter((id) => longer.value.includes(id))).toEqual([]);
    const numbers = [300n, 301n, 302n].map((value): Value => ({ kind: "nat", value }));
    for (const number of numbers) substitutes.avoid(number);
    for (const number of numbers) expect(numbers).not.toContainEqual(substitutes.of(number));
  });

  it("are drawn even where every one of their class holds a real value", () => {
    const substitutes = new Substitutes(SALT);
    substitutes.avoid({ kind: "text", value: "----" });
    expect(substitutes.of({ kind: "text", value: "a-----" })).toMatchObject({ kind: "text" });
  });

  it.each<[Value]>([
    [{ kind: "text", value: "" }],
    [{ kind: "nat", value: 0n }],
    [{ kind: "int", value: -1n }],
    [{ kind: "bool", value: true }],
    [{ kind: "bytes", value: new Uint8Array(0) }],
    [{ kind: "unit" }],
  ])("leave %o, whose class has no other value", (value) => {
    const substitutes = new Substitutes(SALT);
    expect(substitutes.of(value)).toBe(value);
    const again = { ...value };
    expect(substitutes.of(again)).toBe(again);
  });

  it("are one number for a number, whatever the types it has", () => {
    const substitutes = new Substitutes(SALT);
    const nat = substitutes.of({ kind: "nat", value: 4711n });
    expect(nat).toMatchObject({ kind: "nat" });
    expect(substitutes.of({ kind: "int", value: 4711n })).toEqual({ ...nat, kind: "int" });
  });

  it("replace every text that holds something, punctuation alone too", () => {
    const substitutes = new Substitutes(SALT);
    for (const value of ["?", "--", "a", "7", "字", "a b"]) {
      const substitute = substitutes.of({ kind: "text", value }) as { value: string };
      expect(substitute.value).not.toBe(value);
    }
  });
});

describe("paths", () => {
  const type = {
    kind: "record",
    fields: new Map<string, never>([
      ["items", { kind: "list", item: { kind: "record", fields: new Map([["name", { kind: "text" }]]) } }],
      ["tags", { kind: "map", key: { kind: "text" }, value: { kind: "text" } }],
      ["note", { kind: "option", item: { kind: "text" } }],
    ] as never),
  } as const;
  const text = (value: string): Value => ({ kind: "text", value });
  const record = (fields: [string, Value][]): Value => ({ kind: "record", fields: new Map(fields) });
  const value = record([
    ["items", { kind: "list", items: [record([["name", text("a")]]), record([["name", text("b")]])] }],
    ["tags", { kind: "map", entries: [[text("k"), text("v")]] }],
    ["note", text("n")],
  ]);
  const placesOf = (path: string): string[] => {
    const places: string[] = [];
    substituteAt(type, value, parseRedactPath(`demo/Thing@1${path}`).segments, (scalar, at) => {
      places.push(at);
      return scalar;
    });
    return places;
  };

  it.each([
    ["/items/*/name", ["items.0.name", "items.1.name"]],
    ["/items/1", ["items.1.name"]],
    ["/tags", ["tags.0", "tags.0"]],
    ["/tags/k", ["tags.0"]],
    ["/tags/other", []],
    ["/note", ["note"]],
    ["/note/deeper", []],
    ["", ["items.0.name", "items.1.name", "tags.0", "tags.0", "note"]],
  ])("%s leads to %j", (path, places) => {
    expect(placesOf(path)).toEqual(places);
  });
});

describe("what is looked for", () => {
  it("is found anywhere, and only what is there", () => {
    const secrets = new Secrets();
    for (const secret of ["alice", "4711-4711", "al"]) secrets.add(utf8(secret));
    expect(secrets.count).toBe(2); // one is too short to be told from chance
    expect(secrets.find(utf8("...malice"))).toEqual(utf8("alice"));
    expect(secrets.find(utf8("4711-471"))).toBeNull();
    expect(secrets.find(utf8("alic"))).toBeNull();
  });

  it("is told from the digits of a hash, and from what begins alike", () => {
    const secrets = new Secrets();
    for (const secret of ["4711", "order-1", "order-22"]) secrets.addValue({ kind: "text", value: secret });
    expect(secrets.find(utf8(`sha256:${"ab4711cd".repeat(8)}`))).toBeNull();
    expect(secrets.find(utf8("no. 4711 of many"))).toEqual(utf8("4711"));
    expect(secrets.find(utf8("order-3, order-22"))).toEqual(utf8("order-22"));
    expect(secrets.find(utf8("order-3, order-20"))).toBeNull();
  });

  it("is an integer only where one stands", () => {
    const secrets = new Secrets();
    secrets.addValue({ kind: "int", value: -12_345n });
    secrets.addValue({ kind: "nat", value: 9999n }); // too short to be told from chance
    expect(secrets.findNumber(canon([1n, new Map([["n", -12_345n]])]))).toBe(-12_345n);
    expect(secrets.findNumber(canon(canon(-12_345n)))).toBe(-12_345n);
    expect(secrets.findNumber(canon(["minus 012345."]))).toBe("12345");
    expect(secrets.findNumber(utf8("{minus 12345}"))).toBe("12345");
    for (const other of [12_345n, 9999n, "123456", "1234 5", "9999"]) {
      expect(secrets.findNumber(canon([other]))).toBeNull();
    }
  });
});

describe("a redaction of keyed cells", () => {
  const [orders] = keptRecordings().filter(({ world }) => world === "keyed-orders");
  const run = (paths: readonly string[]) =>
    redact(() => readRecording(orders!.path), {
      paths: paths.map(parseRedactPath),
      salt: SALT,
      findModule: async () => null,
      engine: "airloom test",
    });
  const ids = ["Create", "Pay", "Ship", "Cancel", "Delete"].map((arm) => `demo/${arm}Order@1/order_id`);

  it("keeps events with their cells where all that name them are redacted", async () => {
    const { entries } = await run([...ids, "sys/TimerSetReceipt@1/key"]);
    const found: Entry[] = [];
    for await (const entry of entries) found.push(entry);
    const stream = async function* () {
      yield* found;
    };
    expect(await replayRecording(stream(), { against: null, findModule: async () => null })).toMatchObject({
      verdict: "identical",
    });
    const text = found.flatMap((entry) => (entry.kind === "frame" ? [Buffer.from(entry.frame.bytes)] : []));
    expect(text.some((bytes) => bytes.includes("A-1"))).toBe(false);
  });

  it("takes no path for keys that the events hold", async () => {
    const path = "demo/PayOrder@1/$key";
    await expect(run([...ids, path])).rejects.toMatchObject({
      code: "redact.bad_path",
      fields: { path },
      message: expect.stringContaining("/order_id"),
    });
  });

  it("is refused where only some are", async () => {
    await expect(run(ids.slice(0, 1))).rejects.toMatchObject({ code: "redact.other_course" });
  });
});
