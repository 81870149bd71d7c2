/**
 * The schemas of a world as their author wrote them: references kept, fields and arms in the order of the
 * text. Loading puts both in canonical order, which is right for a world and odd for someone who reads code.
 */

import { catalogue } from "../../air/catalogue.ts";
import { parseJsonText } from "../../air/text/parse.ts";
import { compareText } from "../../values/bytes.ts";
import { bug } from "../../values/errors.ts";
import { isJsonArray, isJsonObject, type Json } from "../../values/json.ts";
import type { Type } from "../../values/type.ts";
import { parseType } from "../../values/type-json.ts";
import type { LoadedFolder } from "../directory.ts";

/** Types by schema name. */
export type SchemaTypes = ReadonlyMap<string, Type>;

/**
 * Every schema the world declares, and the built-in ones they and its modules refer to (whose fields stay in
 * canonical order); the world's own first, each in order of name. The folder must have been loaded without faults.
 */
export function writtenSchemas({ files, manifest }: LoadedFolder): SchemaTypes {
  const own = new Map<string, Type>();
  for (const { path, text } of files) {
    for (const [name, type] of schemasIn(path, text)) if (manifest.schemas.has(name)) own.set(name, type);
  }
  const builtin = catalogue().schemas;
  const met = new Map<string, Type>();
  const meet = (name: string): void => {
    const type = builtin.get(name)?.type;
    if (type === undefined || met.has(name)) return;
    met.set(name, type);
    for (const ref of referencesOf(type)) meet(ref);
  };
  for (const type of own.values()) for (const ref of referencesOf(type)) meet(ref);
  for (const { keySchema, reducer, pure } of manifest.modules.values()) {
    const named = [keySchema, reducer?.state, reducer?.event, pure?.input, pure?.output];
    for (const name of named) if (name != null) meet(name);
  }
  return new Map([...inOrder(own), ...inOrder(met)]);
}

function inOrder(schemas: SchemaTypes): (readonly [string, Type])[] {
  return [...schemas].sort(([a], [b]) => compareText(a, b));
}

/** Names a type refers to. */
export function referencesOf(type: Type): readonly string[] {
  switch (type.kind) {
    case "ref":
      return [type.name];
    case "record":
      return [...type.fields.values()].flatMap(referencesOf);
    case "variant":
      return [...type.arms.values()].flatMap(referencesOf);
    case "list":
    case "set":
    case "option":
      return referencesOf(type.item);
    case "map":
      return [...referencesOf(type.key), ...referencesOf(type.value)];
    default:
      return [];
  }
}

function schemasIn(path: string, text: string): readonly (readonly [string, Type])[] {
  if (text.trim() === "") return [];
  const { json } = parseJsonText(path, text, () => fail);
  return (isJsonArray(json) ? json : [json]).flatMap(schemaIn);
}

function schemaIn(json: Json): readonly (readonly [string, Type])[] {
  if (!isJsonObject(json) || json.get("$kind") !== "defschema") return [];
  const name = json.get("name");
  const type = parseType(json.get("type") ?? null, "", fail);
  if (typeof name !== "string" || type === undefined) throw bug("a loaded schema cannot be read");
  return [[name, type]];
}

function fail(fault: { readonly message: string }): never {
  throw bug(`loaded definitions have a fault: ${fault.message}`);
}
