import { AirloomError } from "../../values/errors.ts";
import { LazyMap } from "../../values/lazy-map.ts";
import { child } from "../../values/pointer.ts";
import {
  compileSchema,
  compileSchemas,
  type Schema,
  type SchemaMemo,
  schemaFaults,
} from "../../values/schema.ts";
import type { Type } from "../../values/type.ts";
import { catalogue } from "../catalogue.ts";
import type { FaultList, Origin } from "../source.ts";
import type { Active } from "./active.ts";

/** Schemas in force, compiled. */
export interface Schemas {
  readonly byName: ReadonlyMap<string, Schema>;
  /** The type a name stands for as it was written, references and all. */
  lookup(name: string): Type | undefined;
}

/**
 * Compiles every schema in force. Reports `reference.schema`, `schema.cycle` and `schema.too_deep`; a schema
 * with one of them, and those that refer to it, are left out.
 */
export function compileAll(active: Active, faults: FaultList): Schemas {
  return compiled(active) ?? soundOnes(active, faults);
}

/** Null when there are faults. Built-in schemas have none: each is compiled when it is first asked for. */
function compiled(active: Active): Schemas | null {
  const lookup = (name: string): Type | undefined => active.set.schemas.get(name)?.definition.type;
  const builtins = catalogue().schemas;
  const own = new Map<string, Type>();
  for (const name of active.set.schemas.keys()) if (!builtins.has(name)) own.set(name, lookup(name)!);
  const memo: SchemaMemo = new Map();
  try {
    const schemas = compileSchemas(own, memo, lookup);
    const compile = (name: string): Schema =>
      schemas.get(name) ?? compileSchema(name, lookup(name)!, lookup, memo);
    return { byName: new LazyMap(active.set.schemas.keys(), compile), lookup };
  } catch (error) {
    if (error instanceof AirloomError && error.kind === "manifest") return null;
    throw error;
  }
}

function soundOnes(active: Active, faults: FaultList): Schemas {
  const types = new Map<string, Type>();
  for (const [name, { definition }] of active.set.schemas) types.set(name, definition.type);
  const found = schemaFaults(types);
  for (const { code, schema, pointer, ref, message, hint } of found) {
    const { origin } = active.set.schemas.get(schema)!;
    const at = `/type${pointer}`;
    if (code === "schema.unknown_ref") active.find("schemas", ref, origin, at);
    else faults.add(origin, { code, pointer: at, message, hint });
  }
  const sound = without(types, new Set(found.map(({ schema }) => schema)));
  return { byName: compileSchemas(sound), lookup: (name) => sound.get(name) };
}

/** The types that do not depend on one of these. */
function without(types: ReadonlyMap<string, Type>, unsound: Set<string>): ReadonlyMap<string, Type> {
  const users = new Map<string, string[]>();
  for (const [name, type] of types) {
    for (const [ref] of references(type, "")) {
      if (!types.has(ref)) unsound.add(name);
      const known = users.get(ref);
      if (known === undefined) users.set(ref, [name]);
      else known.push(name);
    }
  }
  const next = [...unsound];
  for (let name = next.pop(); name !== undefined; name = next.pop()) {
    for (const user of users.get(name) ?? []) {
      if (unsound.has(user)) continue;
      unsound.add(user);
      next.push(user);
    }
  }
  return new Map([...types].filter(([name]) => !unsound.has(name)));
}

/**
 * Compiles a type that stands inside a definition; `what` says what it is of. Null when a reference in it
 * leads nowhere, which is reported.
 */
export function compileInline(
  what: string,
  type: Type,
  schemas: Schemas,
  active: Active,
  faults: FaultList,
  origin: Origin,
  pointer: string,
): Schema | null {
  const unknown = references(type, pointer).filter(([name]) => schemas.lookup(name) === undefined);
  for (const [name, at] of unknown) active.find("schemas", name, origin, at);
  if (unknown.length > 0) return null;
  try {
    return compileSchema(what, type, schemas.lookup);
  } catch (error) {
    if (!(error instanceof AirloomError) || error.kind !== "manifest") throw error;
    faults.add(origin, { code: error.code, pointer, message: error.message });
    return null;
  }
}

function references(type: Type, pointer: string): (readonly [string, string])[] {
  const at = `${pointer}/${type.kind}`;
  switch (type.kind) {
    case "ref":
      return [[type.name, at]];
    case "list":
    case "set":
    case "option":
      return references(type.item, at);
    case "map":
      return references(type.value, `${at}/value`);
    case "record":
      return [...type.fields].flatMap(([name, field]) => references(field, child(at, name)));
    case "variant":
      return [...type.arms].flatMap(([name, arm]) => references(arm, child(at, name)));
    default:
      return [];
  }
}
