/**
 * In what two manifests differ, as far as it means something: definitions by name, types and expressions by
 * their structure, steps by id, edges by their ends, routes, triggers and grants as sets. How files are laid
 * out, in which order definitions are listed, and what comments say is no difference; hashes of references
 * follow from the definitions and are none of their own.
 */

import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../values/json.ts";
import { sameJson } from "../values/json-same.ts";
import { child } from "../values/pointer.ts";
import { quote } from "../values/quote.ts";
import { type DefinitionKind, LIST_NAMES } from "./definitions.ts";
import { type Hashed, manifestHashes } from "./hashes.ts";
import type { Manifest, Route } from "./manifest.ts";
import { nodeJson } from "./node.ts";

export interface DefinitionDifference {
  readonly kind: DefinitionKind;
  /** Null for the manifest itself. */
  readonly name: string | null;
  readonly change: "added" | "removed" | "changed";
  /** What changed inside; empty for what was added or removed whole. */
  readonly fields: readonly FieldDifference[];
}

export interface FieldDifference {
  /** `reordered`: the same items, in an order that means something else. */
  readonly change: "added" | "removed" | "changed" | "reordered";
  /** JSON pointer into the definition's node: the later one, or the earlier one for what was removed. */
  readonly pointer: string;
  /** The step, edge, route, ... it is in; null elsewhere. */
  readonly where: string | null;
  readonly before?: Json;
  readonly after?: Json;
}

/** Ordered as the later manifest lists definitions, what was removed behind them; the manifest comes first. */
export function manifestDifference(before: Manifest, after: Manifest): readonly DefinitionDifference[] {
  if (before.hash === after.hash) return [];
  const earlier = byKey(before);
  const later = byKey(after);
  const out: DefinitionDifference[] = [];
  for (const [key, hashed] of later) {
    const other = earlier.get(key);
    if (other === undefined) out.push(whole(hashed, "added"));
    else if (other.hash !== hashed.hash) {
      const fields = definitionFields(other, hashed);
      const routes = hashed.kind === "manifest" ? routeOrder(before, after) : [];
      if (fields.length + routes.length > 0) {
        out.push({ ...whole(hashed, "changed"), fields: [...fields, ...routes] });
      }
    }
  }
  for (const [key, hashed] of earlier) if (!later.has(key)) out.push(whole(hashed, "removed"));
  return out;
}

function byKey(manifest: Manifest): ReadonlyMap<string, Hashed> {
  return new Map(manifestHashes(manifest).map((each) => [`${each.kind} ${each.name}`, each]));
}

function whole({ kind, name }: Hashed, change: DefinitionDifference["change"]): DefinitionDifference {
  return { kind: kind as DefinitionKind, name, change, fields: [] };
}

function definitionFields(before: Hashed, after: Hashed): readonly FieldDifference[] {
  const differ = new Differ();
  const [a, b] = [nodeJson(before.preimage), nodeJson(after.preimage)];
  if (after.kind !== "manifest") {
    differ.members(a, b, "", null);
    return differ.found;
  }
  differ.manifest(a, b);
  return differ.found.map((field) => {
    const list = routeList(field.change === "removed" ? a : b);
    return { ...field, pointer: field.pointer.replace(/^\/routing\/routes/, `/routing/${list}`) };
  });
}

/** The word a manifest has its routes under. */
function routeList(manifest: JsonObject): string {
  const routing = manifest.get("routing");
  const later = routing !== undefined && isJsonObject(routing) && routing.has("subscriptions");
  return later ? "subscriptions" : "events";
}

/** Objects whose keys are names an author chose: a key that went and one that came are two differences. */
const NAME_MAPS: ReadonlySet<string> = new Set([
  "record",
  "variant",
  "locals",
  "cap_slots",
  "slots",
  "module_bindings",
]);

/** Lists of words whose order says nothing. */
const WORD_SETS: ReadonlySet<string> = new Set([
  "effects_emitted",
  "required_caps",
  "allowed_effects",
  "allowed_caps",
  "allowed_plans",
]);

/** Lists whose items are found again by a part of them; `word` is what one is called. */
interface Keyed {
  readonly word: string;
  readonly key: (item: JsonObject) => string;
}

const STEPS: Keyed = { word: "step", key: (step) => textOf(step, "id") };
const EDGES: Keyed = {
  word: "edge",
  key: (edge) => `${textOf(edge, "from")} -> ${textOf(edge, "to")}`,
};
const ROUTES: Keyed = {
  word: "route",
  key: (route) => `${textOf(route, "event")} -> ${textOf(route, "module")}`,
};
const KEYED: ReadonlyMap<string, Keyed> = new Map<string, Keyed>([
  ["/steps", STEPS],
  ["/edges", EDGES],
  ["/triggers", { word: "trigger", key: (t) => `${textOf(t, "event")} -> ${textOf(t, "plan")}` }],
  ["/defaults/cap_grants", { word: "grant", key: (grant) => textOf(grant, "name") }],
  ["/routing/routes", ROUTES],
  ["/routing/inboxes", { word: "inbox", key: (i) => `${textOf(i, "source")} -> ${textOf(i, "module")}` }],
  ["/secrets", { word: "secret", key: (s) => `${textOf(s, "alias")}@${stringOf(s.get("version"))}` }],
]);

class Differ {
  readonly found: FieldDifference[] = [];

  manifest(a: JsonObject, b: JsonObject): void {
    this.members(withoutReferences(a), withoutReferences(b), "", null);
  }

  members(a: JsonObject, b: JsonObject, pointer: string, where: string | null): void {
    for (const name of new Set([...a.keys(), ...b.keys()])) {
      const [before, after] = [a.get(name), b.get(name)];
      const at = child(pointer, name);
      const keyed = KEYED.get(at);
      if (keyed !== undefined) this.#keyed(before ?? [], after ?? [], at, keyed);
      else if (WORD_SETS.has(name)) this.#words(before ?? [], after ?? [], at, where);
      else if (before === undefined) this.#add({ change: "added", pointer: at, where, after: after! });
      else if (after === undefined) this.#add({ change: "removed", pointer: at, where, before });
      else this.#value(name, before, after, at, where);
    }
  }

  /** `name`: under which the value stands. */
  #value(name: string, a: Json, b: Json, pointer: string, where: string | null): void {
    if (isJsonObject(a) && isJsonObject(b) && (NAME_MAPS.has(name) || !otherTag(a, b))) {
      this.members(a, b, pointer, where);
    } else if (isJsonArray(a) && isJsonArray(b)) this.#items(a, b, pointer, where);
    else if (!sameJson(a, b)) this.#add({ change: "changed", pointer, where, before: a, after: b });
  }

  /** Items whose place means something: rules, arguments, elements of a literal. */
  #items(a: readonly Json[], b: readonly Json[], pointer: string, where: string | null): void {
    for (let i = 0; i < Math.max(a.length, b.length); i++) {
      const [before, after] = [a[i], b[i]];
      const at = child(pointer, i);
      if (before === undefined) this.#add({ change: "added", pointer: at, where, after: after! });
      else if (after === undefined) this.#add({ change: "removed", pointer: at, where, before });
      else this.#value("", before, after, at, where);
    }
  }

  #words(a: Json, b: Json, pointer: string, where: string | null): void {
    const [before, after] = [itemsOf(a), itemsOf(b)];
    before.forEach((word, i) => {
      if (!after.includes(word)) {
        this.#add({ change: "removed", pointer: child(pointer, i), where, before: word });
      }
    });
    after.forEach((word, i) => {
      if (!before.includes(word))
        this.#add({ change: "added", pointer: child(pointer, i), where, after: word });
    });
  }

  #keyed(a: Json, b: Json, pointer: string, { word, key }: Keyed): void {
    const before = indexed(a, key);
    const after = indexed(b, key);
    for (const [name, { item, index }] of after) {
      const where = `${word} ${name}`;
      const at = child(pointer, index);
      const other = before.get(name);
      if (other === undefined) this.#add({ change: "added", pointer: at, where, after: item });
      else this.members(other.item, item, at, where);
    }
    for (const [name, { item, index }] of before) {
      if (after.has(name)) continue;
      this.#add({
        change: "removed",
        pointer: child(pointer, index),
        where: `${word} ${name}`,
        before: item,
      });
    }
    // Steps that are ready at the same time run in the order they are written.
    if (word === "step") this.#order([...before.keys()], [...after.keys()], pointer);
  }

  #order(before: readonly string[], after: readonly string[], pointer: string): void {
    const [a, b] = [before.filter((id) => after.includes(id)), after.filter((id) => before.includes(id))];
    if (a.every((id, i) => id === b[i])) return;
    this.#add({ change: "reordered", pointer, where: null, before: a, after: b });
  }

  #add(difference: FieldDifference): void {
    this.found.push(difference);
  }
}

/** Whether each is a tagged thing, and the tags are not the same: then the one stands in place of the other. */
function otherTag(a: JsonObject, b: JsonObject): boolean {
  const [[left] = [], [right] = []] = [[...a.keys()], [...b.keys()]];
  return a.size === 1 && b.size === 1 && left !== right;
}

/** The items of a list by key; equal keys are told apart by their number. */
function indexed(
  list: Json,
  key: (item: JsonObject) => string,
): ReadonlyMap<string, { readonly item: JsonObject; readonly index: number }> {
  const out = new Map<string, { item: JsonObject; index: number }>();
  itemsOf(list).forEach((item, index) => {
    if (!isJsonObject(item)) return;
    let name = key(item);
    for (let n = 2; out.has(name); n++) name = `${key(item)} (${n})`;
    out.set(name, { item, index });
  });
  return out;
}

/**
 * The manifest without its lists of references, and with routes under one name: `events` and `subscriptions`
 * are two words for the same list.
 */
function withoutReferences(manifest: JsonObject): JsonObject {
  const out = new Map<string, Json>();
  for (const [name, value] of manifest) {
    if (name === "secrets") out.set(name, itemsOf(value).filter(isInline));
    else if (!(LIST_NAMES as readonly string[]).includes(name)) out.set(name, value);
  }
  const routing = out.get("routing");
  if (routing === undefined || !isJsonObject(routing)) return out;
  const routes = itemsOf(routing.get("events") ?? routing.get("subscriptions") ?? []);
  const inboxes = itemsOf(routing.get("inboxes") ?? []);
  out.set(
    "routing",
    new Map([
      ["routes", routes.map(oneWord)],
      ["inboxes", inboxes.map(oneWord)],
    ]),
  );
  return out;
}

function isInline(secret: Json): boolean {
  return isJsonObject(secret) && !secret.has("name");
}

/** `reducer` and `workflow` are older and newer words for `module`. */
function oneWord(entry: Json): Json {
  if (!isJsonObject(entry)) return entry;
  return new Map(
    [...entry].map(([name, value]) => [name === "reducer" || name === "workflow" ? "module" : name, value]),
  );
}

/** Modules that hear of the same event, in another order than before. */
function routeOrder(before: Manifest, after: Manifest): readonly FieldDifference[] {
  return [...after.routes].flatMap(([event, routes]): readonly FieldDifference[] => {
    const [a, b] = [(before.routes.get(event) ?? []).map(routeText), routes.map(routeText)];
    const same = a.length === b.length && a.every((text) => b.includes(text));
    if (!same || a.every((text, i) => text === b[i])) return [];
    return [{ change: "reordered", pointer: "/routing", where: `event ${event}`, before: a, after: b }];
  });
}

function routeText({ reducer, arm, keyPath }: Route): string {
  const as = arm === null ? "" : ` as ${quote(arm)}`;
  return `${reducer.module.name}${as}${keyPath === null ? "" : ` by ${keyPath.join(".")}`}`;
}

function itemsOf(json: Json): readonly Json[] {
  return isJsonArray(json) ? json : [];
}

function textOf(object: JsonObject, name: string): string {
  return stringOf(object.get(name));
}

function stringOf(json: Json | undefined): string {
  if (json === undefined || json === null) return "";
  return typeof json === "string" ? json : "raw" in (json as object) ? (json as { raw: string }).raw : "";
}
