import { nearest } from "../../values/nearest.ts";
import { child } from "../../values/pointer.ts";
import { quote } from "../../values/quote.ts";
import type { ModuleDefinition, ReducerAbi } from "../definitions.ts";
import type { Effect, Grant, Reducer } from "../manifest.ts";
import type { FaultList, Origin, Sourced } from "../source.ts";
import type { Active } from "./active.ts";
import { armFor, type EventForm, eventForm, RECEIPT_EVENTS } from "./events.ts";
import type { Given } from "./given.ts";
import { checkGrantName, type Grants } from "./grants.ts";
import type { Schemas } from "./schemas.ts";

/** A reducer with the form of its event, which routing needs. */
export interface ResolvedReducer {
  readonly reducer: Reducer;
  readonly event: EventForm;
}

/** Effect kinds reducers of this version may emit. */
const SUPPORTED_EFFECTS: ReadonlySet<string> = new Set(["timer.set"]);

/** What every reducer needs beside itself. */
interface Context {
  readonly active: Active;
  readonly schemas: Schemas;
  readonly effects: ReadonlyMap<string, Effect>;
  readonly bindings: ReadonlyMap<string, ReadonlyMap<string, Grant>>;
  readonly faults: FaultList;
}

/**
 * Reducers and workflows by name. Reports unknown schemas, events that could not be delivered, effects this
 * version does not run (`unsupported.effect`) and receipts that could not reach their module
 * (`module.receipt_arm`).
 */
export function resolveReducers(
  given: Given,
  active: Active,
  schemas: Schemas,
  effects: ReadonlyMap<string, Effect>,
  grants: Grants,
  faults: FaultList,
): Map<string, ResolvedReducer> {
  const bindings = resolveBindings(given, active, grants, faults);
  const context: Context = { active, schemas, effects, bindings, faults };
  const out = new Map<string, ResolvedReducer>();
  for (const sourced of active.set.modules.values()) {
    const reducer = resolveModule(sourced, context);
    if (reducer !== null) out.set(sourced.definition.name, reducer);
  }
  return out;
}

function resolveModule(sourced: Sourced<ModuleDefinition>, context: Context): ResolvedReducer | null {
  const { definition, origin } = sourced;
  const { active, schemas, faults } = context;
  const { reducer: abi, pure, moduleKind, keySchema } = definition;
  const need = (name: string, pointer: string) => {
    active.find("schemas", name, origin, pointer);
    return schemas.byName.get(name);
  };
  if (abi === null) {
    need(pure!.input, "/abi/pure/input");
    need(pure!.output, "/abi/pure/output");
    if (pure!.context !== null) need(pure!.context, "/abi/pure/context");
    return null;
  }
  const at = `/abi/${moduleKind}`;
  const state = need(abi.state, `${at}/state`);
  const event = need(abi.event, `${at}/event`);
  const key = keySchema === null ? null : need(keySchema, "/key_schema");
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
    if (!SUPPORTED_EFFECTS.has(kind)) {
      const meant = nearest(kind, SUPPORTED_EFFECTS);
      faults.add(origin, {
        code: "unsupported.effect",
        pointer,
        message: `this version runs no effect ${quote(kind)} for modules`,
        expected: [...SUPPORTED_EFFECTS].join(", "),
        found: quote(kind),
        ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
      });
      return;
    }
    const receipt = RECEIPT_EVENTS.get(kind)!;
    if (armFor(form, receipt) === undefined) {
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
    if (effect === undefined) {
      faults.add(origin, {
        code: "effect.unlisted",
        pointer,
        message: `${name} emits ${kind}, which the manifest does not list: every one will be refused`,
        hint: `add "sys/${kind}@1" to "effects" of the manifest`,
      });
    }
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
