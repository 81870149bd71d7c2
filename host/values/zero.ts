import { ZERO_HASH } from "./hash.ts";
import type { Type } from "./type.ts";
import { NULL, record, text, UNIT, type Value, variant } from "./value.ts";

/** The emptiest value of a type: what stands in for a receipt that cannot be read. A variant's is its first arm. */
export function zeroValue(type: Type): Value {
  switch (type.kind) {
    case "bool":
      return { kind: "bool", value: false };
    case "int":
    case "nat":
    case "time":
    case "duration":
      return { kind: type.kind, value: 0n };
    case "dec128":
      return { kind: "dec128", value: "0" };
    case "text":
      return text("");
    case "hash":
      return { kind: "hash", value: ZERO_HASH };
    case "uuid":
      return { kind: "uuid", value: "00000000-0000-0000-0000-000000000000" };
    case "bytes":
      return { kind: "bytes", value: new Uint8Array(0) };
    case "unit":
      return UNIT;
    case "option":
      return NULL;
    case "list":
    case "set":
      return { kind: type.kind, items: [] };
    case "map":
      return { kind: "map", entries: [] };
    case "record":
      return record([...type.fields].map(([name, field]) => [name, zeroValue(field)]));
    case "variant": {
      const [tag, arm] = [...type.arms][0]!;
      return variant(tag, zeroValue(arm));
    }
    case "ref":
      throw new TypeError(`the type ${type.name} must be resolved first`);
  }
}
