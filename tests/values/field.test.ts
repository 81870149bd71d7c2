import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../host/values/bytes.ts";
import { withoutSelfDescribe } from "../../host/values/cbor.ts";
import { fieldBytes } from "../../host/values/field.ts";
import { jsonFrom } from "../../host/values/json.ts";
import { schemaOf } from "./support.ts";

const schema = schemaOf({
  record: {
    id: { text: {} },
    before: { list: { nat: {} } },
    event: {
      variant: {
        Start: { record: { order_id: { option: { text: {} } }, count: { nat: {} } } },
        Tick: { unit: {} },
      },
    },
    labels: { map: { key: { text: {} }, value: { option: { nat: {} } } } },
    counts: { map: { key: { nat: {} }, value: { nat: {} } } },
  },
});

function at(json: unknown, ...path: string[]): string | undefined {
  const bytes = schema.encode(schema.parse(jsonFrom(json)));
  const found = fieldBytes(schema, bytes, path);
  expect(fieldBytes(schema, withoutSelfDescribe(bytes), path)).toEqual(found);
  return found && toHex(found);
}

const value = {
  id: "x",
  before: [1, 500],
  event: { Start: { order_id: "o-1", count: 7 } },
  labels: { "a.b": 1, none: null },
  counts: [[1, 2]],
};

describe("the bytes of a part", () => {
  it("are found by record field, variant side and map key", () => {
    expect(at(value, "id")).toBe("6178");
    expect(at(value, "before")).toBe("82011901f4");
    expect(at(value, "event", "$tag")).toBe("655374617274");
    expect(at(value, "event", "$value", "count")).toBe("07");
    expect(at(value, "event", "$value", "order_id")).toBe("636f2d31");
    expect(at(value, "labels", "a.b")).toBe("01");
    expect(at(value, "labels", "none")).toBe("f6");
    expect(at(value)).toMatch(/^a5/);
  });

  it("are a view without the tag", () => {
    const bytes = schema.encode(schema.parse(jsonFrom(value)));
    expect(fieldBytes(schema, bytes, ["id"])!.buffer).toBe(bytes.buffer);
  });

  it("are undefined where there is no such part", () => {
    expect(at(value, "idd")).toBeUndefined();
    expect(at(value, "id", "more")).toBeUndefined();
    expect(at(value, "labels", "c")).toBeUndefined();
    expect(at(value, "counts", "1")).toBeUndefined();
    expect(at(value, "before", "0")).toBeUndefined();
    expect(at(value, "event", "Start")).toBeUndefined();
    const tick = { ...value, event: { $tag: "Tick" } };
    expect(at(tick, "event", "$tag")).toBe("645469636b");
    expect(at(tick, "event", "$value")).toBeUndefined();
    expect(at({ ...value, event: { Tick: null } }, "event", "$value")).toBe("f6");
    const none = { ...value, event: { Start: { count: 1 } } };
    expect(at(none, "event", "$value", "order_id")).toBe("f6");
    expect(at(none, "event", "$value", "order_id", "x")).toBeUndefined();
  });

  it("are undefined in bytes the schema refuses", () => {
    const text = schemaOf({ record: { a: { text: {} }, b: { nat: {} } } });
    for (const hex of ["", "a2", "a2616162ffff616200", "a1616100", "f6", "a2616160616218", "a26161616261"]) {
      expect(fieldBytes(text, fromHex(hex)!, ["b"])).toBeUndefined();
    }
    const labels = schemaOf({ map: { key: { text: {} }, value: { nat: {} } } });
    for (const hex of ["", "80", "a1", "a16161", "b8", "a161ff00", "a16161ff", "a2617a00"]) {
      expect(fieldBytes(labels, fromHex(hex)!, ["z"])).toBeUndefined();
    }
    expect(fieldBytes(labels, fromHex("a1617a00")!, ["z"])).toEqual(Uint8Array.of(0));
  });

  it("keep fields called __proto__", () => {
    const odd = schemaOf(JSON.parse('{"record": {"__proto__": {"nat": {}}}}'));
    const bytes = odd.encode(odd.parse(jsonFrom(JSON.parse('{"__proto__": 5}'))));
    expect(toHex(fieldBytes(odd, bytes, ["__proto__"])!)).toBe("05");
    expect(fieldBytes(odd, bytes, ["constructor"])).toBeUndefined();
  });
});
