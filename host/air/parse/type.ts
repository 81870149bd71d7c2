import { isJsonObject, type Json } from "../../values/json.ts";
import { child } from "../../values/pointer.ts";
import { quote } from "../../values/quote.ts";
import type { Type } from "../../values/type.ts";
import { parseType } from "../../values/type-json.ts";
import type { Report } from "../source.ts";
import type { Fields } from "./fields.ts";

/**
 * The type in a field. Reports `type.*`; undefined when there was an error. AIR passes over what stands beside
 * the word that says which type, even another such word: that is warned of (`type.extra_key`).
 */
export function parseTypeField(fields: Fields, name: string, report: Report): Type | undefined {
  const json = fields.value(name);
  const type = parseType(json, fields.at(name), report);
  if (type !== undefined) warnOfExtraKeys(type, json, fields.at(name), report);
  return type;
}

function warnOfExtraKeys(type: Type, json: Json, pointer: string, report: Report): void {
  if (!isJsonObject(json)) return;
  if (json.size > 1) {
    for (const key of json.keys())
      if (key !== type.kind && key !== "$comment") extra(type, key, pointer, report);
  }
  const at = child(pointer, type.kind);
  const body = json.get(type.kind)!;
  if ("item" in type) warnOfExtraKeys(type.item, body, at, report);
  else eachMember(partsOf(type), body, at, report);
}

function partsOf(type: Type): ReadonlyMap<string, Type> {
  switch (type.kind) {
    case "record":
      return type.fields;
    case "variant":
      return type.arms;
    case "map":
      return new Map([
        ["key", type.key],
        ["value", type.value],
      ]);
    default:
      return new Map();
  }
}

function eachMember(types: ReadonlyMap<string, Type>, body: Json, pointer: string, report: Report): void {
  if (!isJsonObject(body)) return;
  for (const [name, type] of types) warnOfExtraKeys(type, body.get(name)!, child(pointer, name), report);
}

function extra(type: Type, key: string, pointer: string, report: Report): void {
  report({
    code: "type.extra_key",
    pointer: child(pointer, key),
    part: "key",
    message: `this type is ${type.kind}; ${quote(key)} beside it is passed over`,
    expected: `{"${type.kind}": ...} alone`,
    found: quote(key),
    hint: "remove one of them",
  });
}
