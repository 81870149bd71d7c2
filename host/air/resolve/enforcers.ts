/**
 * The modules that check the parameters of grants. AIR looks for them when an effect is emitted, and denies it
 * when one is missing: so all of this is warnings. Those built in are always there.
 */

import { isBuiltin } from "../../values/names.ts";
import { nearest } from "../../values/nearest.ts";
import { quote } from "../../values/quote.ts";
import type { Type } from "../../values/type.ts";
import { catalogue } from "../catalogue.ts";
import type { CapDefinition } from "../definitions.ts";
import { ALLOW_ALL } from "../parse/cap.ts";
import type { FaultList, Origin } from "../source.ts";
import type { Active } from "./active.ts";

const INPUT = "sys/CapCheckInput@1";
const OUTPUT = "sys/CapCheckOutput@1";

/** Warns of `cap.enforcer_missing`, `cap.enforcer_kind` and `cap.unenforced`. */
export function checkEnforcers(active: Active, faults: FaultList): void {
  for (const { definition, origin } of active.set.caps.values()) {
    if (isBuiltin(definition.name)) continue;
    if (definition.enforcer === ALLOW_ALL) checkLists(definition, origin, faults);
    else checkEnforcer(definition, origin, active, faults);
  }
}

function checkEnforcer(cap: CapDefinition, origin: Origin, active: Active, faults: FaultList): void {
  const { enforcer } = cap;
  if (catalogue().modules.get(enforcer)?.pure != null || active.isBroken(enforcer)) return;
  const module = active.set.modules.get(enforcer)?.definition;
  const pointer = "/enforcer/module";
  if (module === undefined) {
    const meant = nearest(enforcer, [...active.set.modules.keys(), ...catalogue().modules.keys()]);
    faults.add(origin, {
      code: "cap.enforcer_missing",
      pointer,
      message: `${cap.name} is checked by ${quote(enforcer)}, which is not in force: its grants allow nothing`,
      expected: "a pure module that the manifest lists",
      found: quote(enforcer),
      hint: meant === undefined ? "define it and list it" : `did you mean ${quote(meant)}?`,
    });
    return;
  }
  const { pure } = module;
  if (pure?.input === INPUT && pure.output === OUTPUT) return;
  const found = pure === null ? `a ${module.moduleKind}` : `a module from ${pure.input} to ${pure.output}`;
  faults.add(origin, {
    code: "cap.enforcer_kind",
    pointer,
    message: `${cap.name} is checked by ${enforcer}, which is ${found}: its grants allow nothing`,
    expected: `a pure module from ${INPUT} to ${OUTPUT}`,
    found,
  });
}

/** Names of parameters that look as if something were limited by them. */
const LISTS =
  /^(hosts|schemes|methods|ports|path_prefixes|providers|models|tools_allow|workspaces|ops|namespaces|def_kinds|name_prefixes|manifest_sections|allow(ed)?_.*|.*_allow(ed)?)$/;

/** Which built-in module enforces the lists of a capability type. */
const ENFORCERS: ReadonlyMap<string, string> = new Map([
  ["workspace", "sys/CapEnforceWorkspace@1"],
  ["governance", "sys/CapEnforceGovernance@1"],
]);

/** Capability types whose grants the gate looks at itself, whatever the definition says. */
const NATIVE: ReadonlySet<string> = new Set(["http.out", "llm.basic", "blob", "timer"]);

function checkLists({ name, capType, schema }: CapDefinition, origin: Origin, faults: FaultList): void {
  if (schema.kind !== "record" || NATIVE.has(capType)) return;
  for (const [field, type] of schema.fields) {
    if (!LISTS.test(field) || !isList(type)) continue;
    const enforcer = ENFORCERS.get(capType);
    faults.add(origin, {
      code: "cap.unenforced",
      pointer: `/schema/record/${field}`,
      message: `${name} has ${field}, and no enforcer that looks at it: the list limits nothing`,
      expected: "an enforcer",
      found: ALLOW_ALL,
      hint:
        enforcer === undefined
          ? "name a pure module of yours as enforcer"
          : `add "enforcer": {"module": "${enforcer}"}`,
    });
  }
}

function isList(type: Type): boolean {
  return type.kind === "option" ? isList(type.item) : type.kind === "set" || type.kind === "list";
}
