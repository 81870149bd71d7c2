import { isHash, ZERO_HASH } from "../../values/hash.ts";
import { isJsonObject, type Json, JsonNumber } from "../../values/json.ts";
import { describeJson } from "../../values/json-describe.ts";
import { quote } from "../../values/quote.ts";
import { EXPECTED, integerFits } from "../../values/scalars.ts";
import {
  type GrantSource,
  type InboxSource,
  LIST_NAMES,
  type ManifestDefinition,
  type NamedRef,
  type RouteSource,
  type RoutingSource,
  type TriggerSource,
} from "../definitions.ts";
import type { Report } from "../source.ts";
import { Fields } from "./fields.ts";

export function parseManifest(fields: Fields, report: Report): ManifestDefinition | null {
  const defaults = fields.optionalFields("defaults");
  const routing = fields.optionalFields("routing");
  const parsed = routing === null ? null : parseRouting(routing, report);
  if (parsed === undefined) return null;
  const inline = inlineSecrets(fields, report);
  const grants = defaults?.items("cap_grants").map((item) => parseGrant(item, report)) ?? [];
  if (inline || !grants.every((grant) => grant !== null)) return null;
  return {
    kind: "manifest",
    lists: new Map(LIST_NAMES.map((list) => [list, fields.items(list).map(parseRef)])),
    defaults: defaults === null ? null : { policy: defaults.optionalText("policy"), grants },
    bindings: parseBindings(fields.optionalFields("module_bindings")),
    routing: parsed,
    triggers: fields.items("triggers").map(parseTrigger),
  };
}

/** Also what a patch sets. */
export function parseTrigger([json, pointer]: readonly [Json, string]): TriggerSource {
  const trigger = new Fields(json, pointer);
  return {
    event: trigger.text("event"),
    plan: trigger.text("plan"),
    correlateBy: trigger.optionalText("correlate_by"),
  };
}

/** Whether there are secrets declared in place, which AIR's loader of folders refuses; each is reported. */
function inlineSecrets(fields: Fields, report: Report): boolean {
  const inline = fields.items("secrets").filter(([json]) => isJsonObject(json) && json.has("alias"));
  for (const [json, pointer] of inline) {
    const alias = new Fields(json, pointer).text("alias");
    report({
      code: "secret.inline",
      pointer,
      message: `the secret ${quote(alias)} is declared inside the manifest`,
      expected: '{"name": "ALIAS@VERSION"}',
      found: quote(alias),
      hint: "write a defsecret in a file of this folder, and list it by name",
    });
  }
  return inline.length > 0;
}

/** Also what a patch sets. */
export function parseRef([json, pointer]: readonly [Json, string]): NamedRef {
  const fields = new Fields(json, pointer);
  const hash = fields.json.get("hash");
  const pinned = typeof hash === "string" && isHash(hash) && hash !== ZERO_HASH ? hash : null;
  return { name: fields.text("name"), hash: pinned };
}

/** Also what a patch sets. Null when something was reported: `shape.range`. */
export function parseGrant([json, pointer]: readonly [Json, string], report: Report): GrantSource | null {
  const fields = new Fields(json, pointer);
  const expiry = fields.json.get("expiry_ns");
  if (expiry !== undefined && !isNat(expiry)) {
    const found = describeJson(expiry);
    const message = `expected ${EXPECTED.nat}, found ${found}`;
    report({ code: "shape.range", pointer: fields.at("expiry_ns"), message, expected: EXPECTED.nat, found });
    return null;
  }
  return {
    name: fields.text("name"),
    cap: fields.text("cap"),
    params: fields.value("params"),
    expiryNs: fields.optionalInteger("expiry_ns"),
  };
}

/** A number or decimal text; longer texts are out of every range, and costly to read. */
function isNat(json: Json): boolean {
  const digits = json instanceof JsonNumber ? json.raw : json;
  return typeof digits === "string" && /^-?[0-9]{1,40}$/.test(digits) && integerFits("nat", BigInt(digits));
}

/** Also what a patch sets. */
export function parseBindings(fields: Fields | null): ReadonlyMap<string, ReadonlyMap<string, string>> {
  if (fields === null) return new Map();
  return new Map([...fields.json.keys()].map((name) => [name, fields.fields(name).textMap("slots")]));
}

/** Undefined when something was reported. */
function parseRouting(fields: Fields, report: Report): RoutingSource | undefined {
  const events = fields.items("events");
  const subscriptions = fields.items("subscriptions");
  if (events.length > 0 && subscriptions.length > 0) {
    report({
      code: "route.two_lists",
      pointer: fields.at("subscriptions"),
      part: "key",
      message: "routing has both events and subscriptions, which are two words for one list",
      expected: "events or subscriptions",
      hint: "move all routes into one of them",
    });
    return undefined;
  }
  const routes = [...events, ...subscriptions].map(parseRoute);
  const later = subscriptions.length > 0 || routes.some(([, word]) => word === "module");
  return {
    spelling: later ? "subscriptions" : "events",
    routes: routes.map(([route]) => route),
    inboxes: fields.items("inboxes").map(parseInbox),
  };
}

/** Also what a patch sets. */
export function parseInbox([json, pointer]: readonly [Json, string]): InboxSource {
  const inbox = new Fields(json, pointer);
  const word = inbox.json.has("workflow") ? "workflow" : "reducer";
  return { source: inbox.text("source"), word, module: inbox.text(word) };
}

/** A route and the word it has for the module. Also what a patch sets. */
export function parseRoute([json, pointer]: readonly [Json, string]): readonly [
  RouteSource,
  "module" | "reducer",
] {
  const fields = new Fields(json, pointer);
  const word = fields.json.has("module") ? "module" : "reducer";
  const keyField = fields.optionalText("key_field");
  return [{ event: fields.text("event"), module: fields.text(word), keyField, pointer }, word];
}
