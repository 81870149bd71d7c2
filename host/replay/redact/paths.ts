/**
 * Where a redaction applies: `demo/StartWork@1/payload` is a schema's name and a JSON pointer into its values.
 * `*` is every field, item or entry; options and arms of variants take no segment. A path to a composite means
 * every scalar in it, keys of maps included. `demo/Cell@1/$key` is the key an event of that schema was sent with,
 * `demo/Checkout@1/$correlation` the correlation id that plan was started with by hand.
 */

import type { Manifest, Route } from "../../air/manifest.ts";
import { AirloomError } from "../../values/errors.ts";
import { nearest } from "../../values/nearest.ts";
import { quote } from "../../values/quote.ts";
import type { Type } from "../../values/type.ts";
import { type Value, variant, variantTag } from "../../values/value.ts";

export interface RedactPath {
  /** As it was given. */
  readonly text: string;
  readonly schema: string;
  readonly segments: readonly string[];
}

/** The segment that stands for the key an event is sent with. */
export const KEY_SEGMENT = "$key";
/** Behind a plan's name: the correlation id it was started with by hand. */
export const CORRELATION_SEGMENT = "$correlation";

const FORM = /^([^/]+\/[^/]+@\d+)((?:\/[^/]+)*)$/;

/** Throws `redact.bad_path` (kind `request`). */
export function parseRedactPath(text: string): RedactPath {
  const [, schema, pointer] = FORM.exec(text) ?? [];
  if (schema === undefined || pointer === undefined) {
    throw badPath(text, "a path is a schema's name and a pointer: demo/StartWork@1/payload");
  }
  return { text, schema, segments: segmentsOf(pointer) };
}

function segmentsOf(pointer: string): readonly string[] {
  const parts = pointer.split("/").slice(1);
  return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Refuses paths that lead nowhere in any of the manifests: `redact.bad_path` (kind `request`). */
export function checkPaths(paths: readonly RedactPath[], manifests: readonly Manifest[]): void {
  for (const { text, schema, segments } of paths) {
    if (segments.length === 1 && segments[0] === CORRELATION_SEGMENT) {
      checkPlan(text, schema, manifests);
      continue;
    }
    const types = manifests.flatMap((manifest) => manifest.schemas.get(schema)?.type ?? []);
    if (types.length === 0) {
      const near = nearest(
        schema,
        manifests.flatMap((manifest) => [...manifest.schemas.keys()]),
      );
      throw badPath(
        text,
        `no schema ${quote(schema)} is in the recording${near === undefined ? "" : `; did you mean ${near}?`}`,
      );
    }
    if (segments[0] === KEY_SEGMENT && segments.length === 1) {
      if (manifests.some((manifest) => hasOwnKey(schema, manifest))) continue;
      throw badPath(text, noOwnKey(schema, manifests));
    }
    if (!types.some((type) => leads(type, segments))) {
      throw badPath(text, `${quote(schema)} has nothing at ${quote(`/${segments.join("/")}`)}`);
    }
  }
}

function checkPlan(text: string, plan: string, manifests: readonly Manifest[]): void {
  if (manifests.some((manifest) => manifest.plans.has(plan))) return;
  const near = nearest(
    plan,
    manifests.flatMap((manifest) => [...manifest.plans.keys()]),
  );
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  throw badPath(text, `no plan ${quote(plan)} is in the recording${hint}`);
}

/** The route whose cell an event names by its key: the first to a reducer that has one. */
export function keyedRoute(schema: string, manifest: Manifest): Route | undefined {
  return manifest.routes.get(schema)?.find(({ reducer }) => reducer.key !== null);
}

/** Whether events of this schema are sent with a key that is not in their value. */
export function hasOwnKey(schema: string, manifest: Manifest): boolean {
  const route = keyedRoute(schema, manifest);
  if (route !== undefined) return route.keyPath === null;
  // An event that only starts plans may carry a key, which correlates them; a single cell takes none.
  return (manifest.routes.get(schema) ?? []).length === 0 && manifest.triggers.has(schema);
}

function noOwnKey(schema: string, manifests: readonly Manifest[]): string {
  const route = manifests.flatMap((manifest) => keyedRoute(schema, manifest) ?? [])[0];
  const path = route?.keyPath ?? null;
  if (path === null) return `events of ${quote(schema)} are sent without a key`;
  return `the key of ${quote(schema)} stands in its value: redact ${quote(`/${path.join("/")}`)} of it`;
}

function badPath(text: string, reason: string): AirloomError {
  return new AirloomError("request", "redact.bad_path", `${quote(text)}: ${reason}`, {
    fields: { path: text },
  });
}

function leads(type: Type, segments: readonly string[]): boolean {
  if (type.kind === "option") return leads(type.item, segments);
  if (type.kind === "variant") return [...type.arms.values()].some((arm) => leads(arm, segments));
  const [name, ...rest] = segments;
  if (name === undefined) return true;
  switch (type.kind) {
    case "record": {
      const fields = name === "*" ? [...type.fields.values()] : [type.fields.get(name)];
      return fields.some((field) => field !== undefined && leads(field, rest));
    }
    case "list":
    case "set":
      return (name === "*" || /^\d+$/.test(name)) && leads(type.item, rest);
    case "map":
      return leads(type.value, rest);
    default:
      return false;
  }
}

/** A value of no known type with every scalar in it put through `substitute`, keys of maps included. */
export function substituteAll(value: Value, substitute: Substitute, at: readonly string[] = []): Value {
  const next = (item: Value, name: string): Value => substituteAll(item, substitute, [...at, name]);
  switch (value.kind) {
    case "record":
      return {
        kind: "record",
        fields: new Map([...value.fields].map(([name, item]) => [name, next(item, name)])),
      };
    case "list":
    case "set":
      return { kind: value.kind, items: value.items.map((item, i) => next(item, String(i))) };
    case "map":
      return {
        kind: "map",
        entries: value.entries.map(([key, item], i) => [next(key, String(i)), next(item, String(i))]),
      };
    default:
      return substitute(value, at.join("."));
  }
}

/** What takes the place of a scalar; the path says where it stands, dotted. */
export type Substitute = (scalar: Value, path: string) => Value;

/** The value with the scalars that `segments` lead to put through `substitute`; itself where there are none. */
export function substituteAt(
  type: Type,
  value: Value,
  segments: readonly string[],
  substitute: Substitute,
  at: readonly string[] = [],
): Value {
  const next = (inner: Type, item: Value, rest: readonly string[], name: string | null): Value =>
    substituteAt(inner, item, rest, substitute, name === null ? at : [...at, name]);
  if (type.kind === "option") return value.kind === "null" ? value : next(type.item, value, segments, null);
  if (type.kind === "variant") {
    const tag = variantTag(value);
    const arm = tag === undefined ? undefined : type.arms.get(tag);
    const payload = value.kind === "record" ? value.fields.get("$value") : undefined;
    if (tag === undefined || arm === undefined || payload === undefined) return value;
    return variant(tag, next(arm, payload, segments, null));
  }
  const [name, ...rest] = segments;
  const hit = (candidate: string): boolean => name === undefined || name === "*" || name === candidate;
  if (type.kind === "record" && value.kind === "record") {
    const fields = [...value.fields].map(([field, item]) => {
      const inner = type.fields.get(field);
      return [field, inner !== undefined && hit(field) ? next(inner, item, rest, field) : item] as const;
    });
    return { kind: "record", fields: new Map(fields) };
  }
  if ((type.kind === "list" || type.kind === "set") && (value.kind === "list" || value.kind === "set")) {
    const items = value.items.map((item, i) =>
      hit(String(i)) ? next(type.item, item, rest, String(i)) : item,
    );
    return { kind: value.kind, items };
  }
  if (type.kind === "map" && value.kind === "map") {
    const entries = value.entries.map(([key, item], i) => {
      const word = "value" in key ? String(key.value) : "";
      // The place is a number: a key is a value too, and no old value may be told.
      const place = String(i);
      const kept = name === undefined ? next(type.key, key, [], place) : key;
      return [kept, hit(word) ? next(type.value, item, rest, place) : item] as const;
    });
    return { kind: "map", entries };
  }
  return segments.length === 0 ? substitute(value, at.join(".")) : value;
}
