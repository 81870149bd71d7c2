import { isHash, ZERO_HASH } from "../../values/hash.ts";
import type { Json } from "../../values/json.ts";
import {
  type GrantSource,
  LIST_NAMES,
  type ManifestDefinition,
  type NamedRef,
  type RouteSource,
  type RoutingSource,
} from "../definitions.ts";
import type { Report } from "../source.ts";
import { Fields } from "./fields.ts";

export function parseManifest(fields: Fields, report: Report): ManifestDefinition | null {
  const defaults = fields.optionalFields("defaults");
  const routing = fields.optionalFields("routing");
  const parsed = routing === null ? null : parseRouting(routing, report);
  if (parsed === undefined) return null;
  return {
    kind: "manifest",
    lists: new Map(LIST_NAMES.map((list) => [list, fields.items(list).map(parseRef)])),
    defaults:
      defaults === null
        ? null
        : { policy: defaults.optionalText("policy"), grants: defaults.items("cap_grants").map(parseGrant) },
    bindings: parseBindings(fields.optionalFields("module_bindings")),
    routing: parsed,
    triggers: fields.items("triggers").map(([json, pointer]) => {
      const trigger = new Fields(json, pointer);
      return {
        event: trigger.text("event"),
        plan: trigger.text("plan"),
        correlateBy: trigger.optionalText("correlate_by"),
      };
    }),
  };
}

function parseRef([json, pointer]: readonly [Json, string]): NamedRef {
  const fields = new Fields(json, pointer);
  const hash = fields.json.get("hash");
  const pinned = typeof hash === "string" && isHash(hash) && hash !== ZERO_HASH ? hash : null;
  if (fields.json.has("name")) return { name: fields.text("name"), hash: pinned };
  // A secret declared in place has an alias and a version where others have a name.
  return { name: `${fields.text("alias")}@${fields.optionalInteger("version") ?? 1n}`, hash: null };
}

function parseGrant([json, pointer]: readonly [Json, string]): GrantSource {
  const fields = new Fields(json, pointer);
  return {
    name: fields.text("name"),
    cap: fields.text("cap"),
    params: fields.value("params"),
    expiryNs: fields.optionalInteger("expiry_ns"),
  };
}

function parseBindings(fields: Fields | null): ReadonlyMap<string, ReadonlyMap<string, string>> {
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
    inboxes: fields.items("inboxes").map(([json, pointer]) => {
      const inbox = new Fields(json, pointer);
      const word = inbox.json.has("workflow") ? "workflow" : "reducer";
      return { source: inbox.text("source"), word, module: inbox.text(word) };
    }),
  };
}

function parseRoute([json, pointer]: readonly [Json, string]): readonly [RouteSource, "module" | "reducer"] {
  const fields = new Fields(json, pointer);
  const word = fields.json.has("module") ? "module" : "reducer";
  const keyField = fields.optionalText("key_field");
  return [{ event: fields.text("event"), module: fields.text(word), keyField, pointer }, word];
}
