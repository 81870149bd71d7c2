/** Hashes of what lies on disk: the definitions of a world folder or of one file, and values. */

import { statSync } from "node:fs";
import { catalogue } from "../air/catalogue.ts";
import { DEFINITION_KINDS, type Definition, type DefinitionKind } from "../air/definitions.ts";
import { builtinNamed, type Hashed, hashedAlone, manifestHashes } from "../air/hashes.ts";
import type { SourceFile } from "../air/load.ts";
import type { Manifest } from "../air/manifest.ts";
import { inCanonicalOrder } from "../air/order.ts";
import { parseDefinition } from "../air/parse/definition.ts";
import { FaultList, type Origin } from "../air/source.ts";
import { parseJsonText } from "../air/text/parse.ts";
import { checkShape } from "../air/text/shape.ts";
import { AirloomError } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../values/json.ts";
import { isBuiltin, isName } from "../values/names.ts";
import { nearest } from "../values/nearest.ts";
import { quote } from "../values/quote.ts";
import { compileSchema, type Schema } from "../values/schema.ts";
import { loadWorldFolder, readSourceText } from "./directory.ts";
import { ownerOf } from "./owner.ts";

/**
 * The hashes of a target: a world folder (its manifest and what that lists), a file (each definition in it),
 * or a definition's name (in the world, or built in). `path` is the target as an absolute path; `world` a
 * folder that names are looked up in, or null.
 *
 * A plan, a manifest and a name need a world that loads: a file's own where there is one, else `world`.
 * Throws `manifest.invalid`, `hash.needs_world`, `hash.unknown_name`, `world.missing`, `world.unreadable`.
 */
export function hashesOf(target: string, path: string, world: string | null): readonly Hashed[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return manifestHashes(loadWorldFolder(path).manifest);
  if (stat?.isFile())
    return fileHashes({ path: target, text: readSourceText(path) }, manifestAround(path, world));
  if (isName(target)) return [namedHash(target, world)];
  throw new AirloomError("missing", "world.missing", `there is no file or folder ${quote(target, 200)}`, {
    fields: { path },
  });
}

/**
 * A value's hash, read as `schema.parse` reads it. Throws `value.invalid`, `event.unknown_schema`,
 * `manifest.invalid` for what is no JSON.
 */
export function valueHash(schemaName: string, text: string, world: string | null): Hashed {
  const schema = schemaNamed(schemaName, world);
  const faults = new FaultList();
  const { json } = parseJsonText("--value", text, (origin) => faults.at(origin));
  faults.throwIfFailed();
  const preimage = schema.encode(schema.parse(json));
  return { kind: "value", name: schemaName, hash: hashOf(preimage), rule: "value", preimage };
}

function schemaNamed(name: string, world: string | null): Schema {
  const own = world === null ? undefined : loadWorldFolder(world).manifest.schemas;
  const built = catalogue().schemas;
  const known = own?.get(name);
  if (known !== undefined) return known;
  const definition = built.get(name);
  if (definition !== undefined) return compileSchema(name, definition.type, (ref) => built.get(ref)?.type);
  const meant = nearest(name, own === undefined ? built.keys() : own.keys());
  const hint =
    meant !== undefined ? `; did you mean ${meant}?` : world === null ? "; name its world with --world" : "";
  throw new AirloomError("request", "event.unknown_schema", `there is no schema ${quote(name, 200)}${hint}`, {
    fields: { schema: name },
  });
}

/** The manifest of the world a file is of; null where there is none that loads. */
function manifestAround(file: string, world: string | null): Manifest | null {
  if (world !== null) return loadWorldFolder(world).manifest;
  const owned = ownerOf(file);
  if (owned === null) return null;
  try {
    return loadWorldFolder(owned.world.root).manifest;
  } catch (error) {
    // Definitions that are sound have a hash whatever is wrong beside them.
    if (error instanceof AirloomError && error.code === "manifest.invalid") return null;
    throw error;
  }
}

function fileHashes(file: SourceFile, manifest: Manifest | null): readonly Hashed[] {
  const faults = new FaultList();
  const source = parseJsonText(file.path, file.text, (origin) => faults.at(origin));
  faults.throwIfFailed();
  const nodes = isJsonArray(source.json) ? source.json : [source.json];
  const inForce = manifest === null ? [] : manifestHashes(manifest);
  const all = nodes.map((node, i) => {
    const base = isJsonArray(source.json) ? `/${i}` : "";
    const origin: Origin = {
      file: file.path,
      locate: (pointer, part) => source.locate(`${base}${pointer}`, part),
    };
    return nodeHashed(node, origin, inForce, faults);
  });
  faults.throwIfFailed();
  return all.filter((each) => each !== null);
}

/** Null when something was reported. */
function nodeHashed(
  json: Json | null,
  origin: Origin,
  inForce: readonly Hashed[],
  faults: FaultList,
): Hashed | null {
  const report = faults.at(origin);
  const named = json !== null && isJsonObject(json) ? json.get("$kind") : undefined;
  const kind = DEFINITION_KINDS.find((each) => each === named);
  if (kind === undefined) {
    report({ code: "definition.kind", pointer: "", message: "this is no definition", expected: '"$kind"' });
    return null;
  }
  const definition = json as JsonObject;
  if (!checkShape(kind, definition, report)) return null;
  const draft = parseDefinition(kind, inCanonicalOrder(definition), report);
  if (draft === null) return null;
  if (draft.kind !== "manifest" && draft.kind !== "defplan") {
    return hashedAlone(draft);
  }
  const name = draft.kind === "manifest" ? null : draft.name;
  const found = inForce.find((each) => each.kind === kind && each.name === name);
  if (found === undefined) throw needsWorld(kind, name);
  return found;
}

function needsWorld(kind: DefinitionKind, name: string | null): AirloomError {
  const what = kind === "manifest" ? "a manifest" : `the plan ${name}`;
  return new AirloomError(
    "request",
    "hash.needs_world",
    `the hash of ${what} is taken once all it refers to is known: name a world that loads and lists it with --world`,
    { fields: { kind, name } },
  );
}

function namedHash(name: string, world: string | null): Hashed {
  const builtin: Definition | undefined = isBuiltin(name) ? builtinNamed(name) : undefined;
  if (builtin !== undefined) return hashedAlone(builtin);
  const known = world === null ? [] : manifestHashes(loadWorldFolder(world).manifest);
  const found = known.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = [...known.flatMap((each) => each.name ?? []), ...catalogue().hashes.keys()];
  const meant = nearest(name, names);
  const hint =
    meant !== undefined ? `did you mean ${meant}?` : world === null ? "name its world with --world" : "";
  throw new AirloomError(
    "missing",
    "hash.unknown_name",
    `there is no definition ${quote(name, 200)}; ${hint}`,
    {
      fields: { name },
    },
  );
}
