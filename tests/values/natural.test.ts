import { describe, expect, test } from "vitest";
import { toHex } from "../../host/values/bytes.ts";
import { jsonFrom } from "../../host/values/json.ts";
import { forPlans, naturalMap, naturalSet } from "../../host/values/natural.ts";
import { record, text, UNIT, type Value, variant } from "../../host/values/value.ts";
import { schemaOf } from "./support.ts";

const nat = (value: number): Value => ({ kind: "nat", value: BigInt(value) });
const int = (value: number): Value => ({ kind: "int", value: BigInt(value) });

describe("natural order", () => {
  test("is by kind, numbers by size, text bytewise and not length first", () => {
    const items = [text("b"), nat(300), int(-1), text("aa"), int(-2), nat(7), text("é"), text("z")];
    expect(naturalSet(items)).toEqual([
      int(-2),
      int(-1),
      nat(7),
      nat(300),
      text("aa"),
      text("b"),
      text("z"),
      text("é"),
    ]);
  });

  test("keeps an element once, and of equal keys the last entry", () => {
    expect(naturalSet([text("b"), text("a"), text("b")])).toEqual([text("a"), text("b")]);
    const entries = [
      [text("b"), nat(1)],
      [text("a"), nat(2)],
      [text("b"), nat(3)],
    ] as const;
    expect(naturalMap(entries)).toEqual([entries[1], entries[2]]);
  });

  test("is not known of records: they stay as they stand", () => {
    const items = [record([["n", nat(2)]]), record([["n", nat(1)]])];
    expect(naturalSet(items)).toEqual(items);
  });
});

describe("a value that enters a plan", () => {
  const names = { set: { text: {} } };
  const type = { record: { names, inner: { list: { map: { key: { text: {} }, value: names } } } } };

  test("has its sets and maps in natural order, wherever they are, and the bytes it came with", () => {
    const schema = schemaOf(type);
    const json = jsonFrom({ names: ["aa", "b"], inner: [{ b: [], aa: ["zz", "y", "aaa"] }] });
    const wire = schema.parse(json);
    const value = forPlans(wire);
    expect(value).toEqual(
      record([
        ["inner", list(map([text("aa"), set("aaa", "y", "zz")], [text("b"), set()]))],
        ["names", set("aa", "b")],
      ]),
    );
    expect(value).not.toEqual(wire);
    expect(toHex(schema.encode(value))).toBe(toHex(schema.encode(wire)));
  });

  test("has the payload of every variant", () => {
    expect(forPlans(list(variant("Tick", undefined)))).toEqual(list(variant("Tick", UNIT)));
    expect(forPlans(variant("Tick", nat(1)))).toEqual(variant("Tick", nat(1)));
  });
});

function list(...items: Value[]): Value {
  return { kind: "list", items };
}

function set(...items: string[]): Value {
  return { kind: "set", items: items.map(text) };
}

function map(...entries: [Value, Value][]): Value {
  return { kind: "map", entries };
}
