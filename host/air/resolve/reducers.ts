import { nearest } from "../../values/nearest.ts";
import { child } from "../../values/pointer.ts";
import { plain, quote } from "../../values/quote.ts";
import type { Schema } from "../../values/schema.ts";
import type { ModuleDefinition, PureAbi, ReducerAbi } from "../definitions.ts";
import { laterEffect } from "../later.ts";
import type { Effect, Grant, PureModule, Reducer } from "../manifest.ts";
import type { FaultList, Origin, Sourced } from "../source.ts";
import type { Active } from "./active.ts";
import { effectHint } from "./effects.ts";
import { armFor, type EventForm, eventForm, RECEIPT_EVENTS } from "./events.ts";
import type { Given } from "./given.ts";
import { checkGrantName, type Grants } from "./grants.ts";
import type { Schemas } from "./schemas.ts";

/** A reducer with the form of its event, which routing needs. */
export interface ResolvedReducer {
  readonly reducer: Reducer;
  readonly event: EventForm;
}

/** What every reducer needs beside itself. */
interface Context {
  readonly active: Active;
  readonly schemas: Schemas;
  readonly effects: ReadonlyMap<string, Effect>;
  readonly bindings: ReadonlyMap<string, ReadonlyMap<string, Grant>>;
  readonly faults: FaultList;
}

export interface Modules {
  /** Reducers and workflows by name. */
  readonly reducers: ReadonlyMap<string, ResolvedReducer>;
  readonly pure: ReadonlyMap<string, PureModule>;
}

/**
 * The modules in force, by what their ABI makes them. Reports unknown schemas, events that could not be
 * delivered and receipts that could not reach their module (`module.receipt_arm`); warns of effects that will
 * be refused (`effect.unlisted`, `module.effect_scope`) or never heard of again (`module.no_receipt`).
 */
export function resolveModules(
  given: Given,
  active: Active,
  schemas: Schemas,
  effects: ReadonlyMap<string, Effect>,
  grants: Grants,
  faults: FaultList,
): Modules {
  const bindings = resolveBindings(given, active, grants, faults);
  const context: Context = { active, schemas, effects, bindings, faults };
  const reducers = new Map<string, ResolvedReducer>();
  const pure = new Map<string, PureModule>();
  for (const sourced of active.set.modules.values()) {
    const { definition, origin } = sourced;
    const need: Need = (name, pointer) => {
      active.find("schemas", name, origin, pointer);
      return schemas.byName.get(name);
    };
    const key = definition.keySchema === null ? null : need(definition.keySchema, "/key_schema");
    const reducer = definition.reducer && resolveReducer(sourced, definition.reducer, key, need, context);
    if (reducer !== null) reducers.set(definition.name, reducer);
    const module = definition.pure && resolvePure(definition, definition.pure, need);
    if (module !== null) pure.set(definition.name, module);
  }
  return { reducers, pure };
}

/** A schema by name; undefined when there is none, which is reported at the pointer. */
type Need = (name: string, pointer: string) => Schema | undefined;

function resolvePure(module: ModuleDefinition, abi: PureAbi, need: Need): PureModule | null {
  const input = need(abi.input, "/abi/pure/input");
  const output = need(abi.output, "/abi/pure/output");
  if (abi.context !== null) need(abi.context, "/abi/pure/context");
  if (input === undefined || output === undefined) return null;
  return { module, input, output, wantsContext: abi.context !== null };
}

function resolveReducer(
  { definition, origin }: Sourced<ModuleDefinition>,
  abi: ReducerAbi,
  key: Schema | null | undefined,
  need: Need,
  context: Context,
): ResolvedReducer | null {
  const { active, faults } = context;
  const at = `/abi/${definition.moduleKind === "workflow" ? "workflow" : "reducer"}`;
  const state = need(abi.state, `${at}/state`);
  const event = need(abi.event, `${at}/event`);
  if (abi.context !== null) need(abi.context, `${at}/context`);
  if (abi.annotations !== null) need(abi.annotations, `${at}/annotations`);
  const eventSource = active.set.schemas.get(abi.event);
  if (event === undefined || eventSource === undefined) return null;
  const form = eventForm(eventSource, faults);
  checkEffects(definition, abi, form, origin, at, context);
  if (state === undefined || key === undefined) return null;
  const reducer: Reducer = {
    module: definition,
    state,
    event,
    key,
    wantsContext: abi.context !== null,
    bindings: context.bindings.get(definition.name) ?? new Map(),
    receiptArms: receiptArms(form),
  };
  return { reducer, event: form };
}

function receiptArms(form: EventForm): ReadonlyMap<string, string | null> {
  const arms = new Map<string, string | null>();
  for (const schema of RECEIPT_EVENTS.values()) {
    const arm = armFor(form, schema);
    if (arm !== undefined) arms.set(schema, arm);
  }
  return arms;
}

function checkEffects(
  { name }: ModuleDefinition,
  abi: ReducerAbi,
  form: EventForm,
  origin: Origin,
  at: string,
  { effects, faults }: Context,
): void {
  abi.effectsEmitted.forEach((kind, i) => {
    const pointer = `${at}/effects_emitted/${i}`;
    const receipt = RECEIPT_EVENTS.get(kind);
    if (receipt !== undefined && armFor(form, receipt) === undefined) {
      faults.add(origin, {
        code: "module.receipt_arm",
        pointer,
        message: `${name} emits ${kind}, but its event ${form.name} cannot take the receipt`,
        expected: `an arm that refers to ${receipt}`,
        found: form.arms.size === 0 ? form.name : [...form.arms.values()].join(", "),
        hint: `add an arm {"ref": "${receipt}"} to ${form.name}`,
      });
    }
    const effect = effects.get(kind);
    if (effect === undefined) unlistedEffect(name, kind, effects.keys(), origin, pointer, faults);
    else if (effect.definition.originScope === "plan") {
      faults.add(origin, {
        code: "module.effect_scope",
        pointer,
        message: `${kind} is an effect of plans: every one that ${name} emits will be refused`,
        expected: "an effect of the scope reducer or both",
        found: "plan",
      });
    } else if (receipt === undefined) {
      faults.add(origin, {
        code: "module.no_receipt",
        pointer,
        message: `${name} emits ${kind}, whose receipt no event carries: it will not hear what came of it`,
        expected: `one of ${[...RECEIPT_EVENTS.keys()].join(", ")}`,
        found: kind,
        hint: "raise an event that starts a plan, and emit the effect there",
      });
    }
  });
}

function unlistedEffect(
  name: string,
  kind: string,
  known: Iterable<string>,
  origin: Origin,
  pointer: string,
  faults: FaultList,
): void {
  const later = laterEffect(kind, pointer);
  faults.add(origin, {
    code: "effect.unlisted",
    pointer,
    message: `${plain(name)} emits ${quote(kind)}, which the manifest does not list: every one will be refused`,
    found: quote(kind),
    hint: later === null ? effectHint(kind, known) : later.message,
  });
}

/** `module_bindings`: reports unknown grants, and warns where a slot's declared type is another. */
function resolveBindings(
  given: Given,
  active: Active,
  grants: Grants,
  faults: FaultList,
): ReadonlyMap<string, ReadonlyMap<string, Grant>> {
  const { definition, origin } = given.manifest;
  const out = new Map<string, Map<string, Grant>>();
  for (const [module, slots] of definition.bindings) {
    const at = child("/module_bindings", module);
    const declared = active.set.modules.get(module)?.definition.reducer?.capSlots;
    if (!active.set.modules.has(module) && !given.broken.has(module)) {
      const meant = nearest(module, active.set.modules.keys());
      faults.add(origin, {
        code: "binding.unknown_module",
        pointer: at,
        part: "key",
        message: `slots are bound for ${quote(module)}, which is no module in force`,
        ...(meant === undefined ? {} : { hint: `did you mean ${quote(meant)}?` }),
      });
    }
    const bound = new Map<string, Grant>();
    for (const [slot, name] of slots) {
      const pointer = child(`${at}/slots`, slot);
      const grant = grants.byName.get(name);
      if (grant === undefined) {
        checkGrantName(name, grants, origin, pointer, faults);
        continue;
      }
      const type = declared?.get(slot);
      if (type !== undefined && type !== grant.cap.capType) {
        faults.add(origin, {
          code: "binding.cap_type",
          pointer,
          message: `the slot ${quote(slot)} needs ${type}, and the grant ${quote(name)} is of ${grant.cap.capType}`,
          expected: type,
          found: grant.cap.capType,
        });
      }
      bound.set(slot, grant);
    }
    out.set(module, bound);
  }
  return out;
}
