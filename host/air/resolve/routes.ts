/** The route table: every event schema that reaches a reducer, by itself or as an arm of its event. */

import { nearest } from "../../values/nearest.ts";
import { quote } from "../../values/quote.ts";
import type { Schema } from "../../values/schema.ts";
import type { ModuleDefinition, RouteSource } from "../definitions.ts";
import type { Inbox, Route } from "../manifest.ts";
import { parsePath } from "../parse/reference.ts";
import type { FaultList, Origin } from "../source.ts";
import type { Active } from "./active.ts";
import { armFor, type EventForm, isReceiptEvent, RECEIPT_EVENTS } from "./events.ts";
import type { Given } from "./given.ts";
import { equalTypes, typeAt } from "./paths.ts";
import type { ResolvedReducer } from "./reducers.ts";
import type { Schemas } from "./schemas.ts";

/**
 * Routes by event schema, in manifest order. A route for a reducer's own event also takes the events its
 * arms refer to. Reports `route.event_mismatch`, `route.key_missing`, `route.key_unexpected` and
 * `route.key_type`; warns of `route.repeated` and `route.never_matches`.
 */
export function resolveRoutes(
  given: Given,
  active: Active,
  schemas: Schemas,
  reducers: ReadonlyMap<string, ResolvedReducer>,
  faults: FaultList,
): Map<string, readonly Route[]> {
  const { definition, origin } = given.manifest;
  const table = new Map<string, Route[]>();
  for (const source of definition.routing?.routes ?? []) {
    const event = active.find("schemas", source.event, origin, `${source.pointer}/event`);
    const word = definition.routing?.spelling === "events" ? "reducer" : "module";
    const module = active.find("modules", source.module, origin, `${source.pointer}/${word}`);
    const resolved = reducers.get(source.module);
    if (module?.definition.reducer === null) notStateful(source, word, module.definition, origin, faults);
    const schema = schemas.byName.get(source.event);
    if (event === undefined || schema === undefined || resolved === undefined) continue;
    const routes = expand(source, resolved, origin, faults);
    checkKey(source, resolved, schema, origin, faults);
    checkReceipts(source, resolved, origin, faults);
    for (const [name, route] of routes) add(table, name, route, source, origin, faults);
  }
  return table;
}

/** The event schemas one entry covers, each with its route. */
function expand(
  source: RouteSource,
  { reducer, event }: ResolvedReducer,
  origin: Origin,
  faults: FaultList,
): readonly (readonly [string, Route])[] {
  const path = source.keyField === null ? null : parsePath(source.keyField);
  const own = (schema: string, arm: string | null): readonly [string, Route] => [
    schema,
    { reducer, arm, keyPath: path, keyWrapped: false },
  ];
  if (source.event !== event.name) {
    const arm = armFor(event, source.event);
    if (arm !== undefined) return [own(source.event, arm)];
    mismatch(source, event, reducer.module.name, origin, faults);
    return [];
  }
  const routes = [own(event.name, null)];
  if (event.target !== null) routes.push(own(event.target, null));
  for (const [arm, schema] of event.arms) {
    // Receipts find their cell by the key of the reducer that asked, not by a field.
    if (path !== null && isReceiptEvent(schema)) continue;
    routes.push([schema, { reducer, arm, keyPath: path, keyWrapped: path !== null }]);
  }
  return routes;
}

function add(
  table: Map<string, Route[]>,
  schema: string,
  route: Route,
  source: RouteSource,
  origin: Origin,
  faults: FaultList,
): void {
  const routes = table.get(schema);
  if (routes?.some((other) => other.reducer === route.reducer)) {
    faults.add(origin, {
      code: "route.repeated",
      pointer: source.pointer,
      message: `${schema} already goes to ${source.module}, and will be delivered twice`,
      hint: "remove one of the routes",
    });
  }
  if (routes === undefined) table.set(schema, [route]);
  else routes.push(route);
}

/** A receipt goes to the module that asked, whatever the routes. */
function checkReceipts(
  source: RouteSource,
  { reducer }: ResolvedReducer,
  origin: Origin,
  faults: FaultList,
): void {
  const kind = [...RECEIPT_EVENTS].find(([, event]) => event === source.event)?.[0];
  if (kind === undefined || reducer.module.reducer?.effectsEmitted.includes(kind)) return;
  faults.add(origin, {
    code: "route.never_matches",
    pointer: source.pointer,
    message: `${source.event} goes to the module that emitted ${kind}, and ${source.module} emits none`,
    hint: `remove the route, or add ${kind} to effects_emitted`,
  });
}

/** A keyed reducer has a key field on its routes, a reducer with one cell has none. */
function checkKey(
  source: RouteSource,
  { reducer, event }: ResolvedReducer,
  schema: Schema,
  origin: Origin,
  faults: FaultList,
): void {
  const name = reducer.module.name;
  if (source.keyField === null) {
    if (reducer.key === null || isReceiptEvent(source.event)) return;
    faults.add(origin, {
      code: "route.key_missing",
      pointer: source.pointer,
      message: `${name} keeps a cell for each key, and this route does not say where the key is`,
      expected: "key_field",
      hint: `add "key_field": the path of the ${reducer.key.name} in ${source.event}`,
    });
    return;
  }
  const pointer = `${source.pointer}/key_field`;
  if (reducer.key === null) {
    faults.add(origin, {
      code: "route.key_unexpected",
      pointer,
      message: `${name} has a single cell, and this route says where a key is`,
      expected: "no key_field",
      found: quote(source.keyField),
      hint: `remove key_field, or give ${name} a key_schema`,
    });
    return;
  }
  checkKeyPath(source, source.keyField, reducer.key, schema, event, pointer, origin, faults);
}

function checkKeyPath(
  source: RouteSource,
  keyField: string,
  key: Schema,
  schema: Schema,
  event: EventForm,
  pointer: string,
  origin: Origin,
  faults: FaultList,
): void {
  const wrong = (found: string, hint: string) =>
    faults.add(origin, {
      code: "route.key_type",
      pointer,
      message: `the key field ${quote(keyField)} of ${source.event} is ${found}, and the key is ${key.name}`,
      expected: `a field of the type of ${key.name}`,
      found,
      hint,
    });
  const path = parsePath(keyField);
  if (schema.type.kind !== "variant") {
    const type = typeAt(schema.type, path);
    if (type === undefined) wrong("absent", `name a field of ${source.event}`);
    else if (!equalTypes(type, key.type)) wrong(type.kind, `the key of the reducer is ${key.type.kind}`);
    return;
  }
  const [root, ...rest] = path;
  if (root !== "$value") {
    wrong("absent", `${source.event} is a variant: the path starts with $value.`);
    return;
  }
  for (const [arm, payload] of schema.type.arms) {
    const target = source.event === event.name ? event.arms.get(arm) : undefined;
    if (target !== undefined && isReceiptEvent(target)) continue;
    const type = typeAt(payload, rest);
    if (type === undefined) wrong(`absent in the arm ${quote(arm)}`, "every arm needs the field");
    else if (!equalTypes(type, key.type)) {
      wrong(`${type.kind} in the arm ${quote(arm)}`, `the key of the reducer is ${key.type.kind}`);
    }
  }
}

function mismatch(
  source: RouteSource,
  event: EventForm,
  reducer: string,
  origin: Origin,
  faults: FaultList,
): void {
  const taken = [event.name, ...(event.target === null ? [] : [event.target]), ...event.arms.values()];
  faults.add(origin, {
    code: "route.event_mismatch",
    pointer: `${source.pointer}/event`,
    message: `${reducer} does not take ${source.event}: its event is ${event.name}`,
    expected: `one of ${taken.join(", ")}`,
    found: source.event,
    hint: `route one of those, or add an arm {"ref": "${source.event}"} to ${event.name}`,
  });
}

function notStateful(
  source: RouteSource,
  word: string,
  { moduleKind }: ModuleDefinition,
  origin: Origin,
  faults: FaultList,
): void {
  faults.add(origin, {
    code: "route.pure_module",
    pointer: `${source.pointer}/${word}`,
    message: `${source.module} has no ABI of a reducer or workflow, and takes no events`,
    expected: "a reducer or workflow",
    found: moduleKind,
  });
}

/** Where outside sources lead; warns of `inbox.unknown_module`. Nothing checks the source. */
export function resolveInboxes(given: Given, active: Active, faults: FaultList): readonly Inbox[] {
  const { definition, origin } = given.manifest;
  const inboxes = definition.routing?.inboxes ?? [];
  inboxes.forEach(({ word, module }, i) => {
    if (active.set.modules.has(module) || active.isBroken(module)) return;
    const meant = nearest(module, active.set.modules.keys());
    faults.add(origin, {
      code: "inbox.unknown_module",
      pointer: `/routing/inboxes/${i}/${word}`,
      message: `there is no module ${quote(module)}: nobody gets what this inbox takes in`,
      found: quote(module),
      ...(meant === undefined ? {} : { hint: `did you mean ${quote(meant)}?` }),
    });
  });
  return inboxes.map(({ source, module }) => ({ source, module }));
}
