import { nearest } from "../../values/nearest.ts";
import { catalogue } from "../catalogue.ts";
import type { Effect } from "../manifest.ts";
import type { FaultList } from "../source.ts";
import type { Active } from "./active.ts";
import type { Schemas } from "./schemas.ts";

/** The effects in force by kind. Reports unknown schemas and `effect.duplicate_kind`. */
export function resolveEffects(active: Active, schemas: Schemas, faults: FaultList): Map<string, Effect> {
  const effects = new Map<string, Effect>();
  for (const { definition, origin } of active.set.effects.values()) {
    const { effectKind } = definition;
    const first = effects.get(effectKind);
    if (first !== undefined) {
      faults.add(origin, {
        code: "effect.duplicate_kind",
        pointer: "/kind",
        message: `the effect kind ${effectKind} is already that of ${first.definition.name}`,
        expected: "one effect for each kind",
        found: effectKind,
        hint: "list one of the two",
      });
      continue;
    }
    active.find("schemas", definition.paramsSchema, origin, "/params_schema");
    active.find("schemas", definition.receiptSchema, origin, "/receipt_schema");
    const params = schemas.byName.get(definition.paramsSchema);
    const receipt = schemas.byName.get(definition.receiptSchema);
    if (params !== undefined && receipt !== undefined)
      effects.set(effectKind, { definition, params, receipt });
  }
  return effects;
}

/** What to do about a kind of effect that is not in force; `known` are the kinds that are. */
export function effectHint(kind: string, known: Iterable<string>): string {
  const builtins = catalogue().effects;
  const meant = builtins.get(kind)?.effectKind ?? nearest(kind, known);
  if (meant !== undefined) return `did you mean ${meant}?`;
  return builtins.has(`sys/${kind}@1`)
    ? `add "sys/${kind}@1" to "effects" of the manifest`
    : 'define an effect of this kind, and add it to "effects" of the manifest';
}
