import { toHex } from "./bytes.ts";
import { type Json, jsonInteger } from "./json.ts";
import type { Value } from "./value.ts";

/** A value as JSON for reading only, where no schema is at hand: bytes as hex, maps as lists of pairs. */
export function looseJson(value: Value): Json {
  switch (value.kind) {
    case "unit":
    case "null":
      return null;
    case "int":
    case "nat":
    case "time":
    case "duration":
      return jsonInteger(value.value);
    case "bytes":
      return `0x${toHex(value.value)}`;
    case "list":
    case "set":
      return value.items.map(looseJson);
    case "map":
      return value.entries.map(([k, v]) => [looseJson(k), looseJson(v)]);
    case "record":
      return new Map([...value.fields].map(([name, field]) => [name, looseJson(field)]));
    default:
      return value.value;
  }
}
