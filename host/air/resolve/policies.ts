import { nearest } from "../../values/nearest.ts";
import { quote } from "../../values/quote.ts";
import { catalogue } from "../catalogue.ts";
import type { PolicyDefinition, PolicyRule } from "../definitions.ts";
import { laterEffect } from "../later.ts";
import type { Effect } from "../manifest.ts";
import type { FaultList, Report } from "../source.ts";
import type { Active } from "./active.ts";
import type { Given } from "./given.ts";
import { checkGrantName, type Grants } from "./grants.ts";

type When = PolicyRule["when"];

/**
 * The default policy, or null. Every policy in force is checked: the effect kinds and grants its rules name
 * must exist (`reference.effect`, `reference.grant`). Warns of rules that decide nothing
 * (`policy.never_matches`).
 */
export function resolvePolicy(
  given: Given,
  active: Active,
  effects: ReadonlyMap<string, Effect>,
  grants: Grants,
  faults: FaultList,
): PolicyDefinition | null {
  const capTypes = capTypesOf(effects);
  for (const { definition, origin } of active.set.policies.values()) {
    const report = faults.at(origin);
    const earlier = new EarlierRules();
    definition.rules.forEach(({ when }, i) => {
      const at = `/rules/${i}/when`;
      if (when.effectKind !== undefined && !active.effectsBroken)
        checkKind(when.effectKind, capTypes, `${at}/effect_kind`, report);
      if (when.capName !== undefined) checkGrantName(when.capName, grants, origin, `${at}/cap_name`, faults);
      const reason = earlier.covering(when, i) ?? impossible(when, active, capTypes, grants);
      if (reason === null) return;
      report({
        code: "policy.never_matches",
        pointer: at,
        message: `this rule decides nothing: ${reason}`,
        hint: "remove it, or change what it looks at",
      });
    });
  }
  const name = given.manifest.definition.defaults?.policy ?? null;
  if (name === null) return null;
  const { origin } = given.manifest;
  return active.find("policies", name, origin, "/defaults/policy")?.definition ?? null;
}

/** Effect kind -> capability type, built-in ones among them. */
function capTypesOf(effects: ReadonlyMap<string, Effect>): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  for (const { effectKind, capType } of catalogue().effects.values()) out.set(effectKind, capType);
  for (const [kind, { definition }] of effects) out.set(kind, definition.capType);
  return out;
}

function checkKind(kind: string, known: ReadonlyMap<string, string>, pointer: string, report: Report): void {
  if (known.has(kind)) return;
  const later = laterEffect(kind, pointer);
  const meant = nearest(kind, known.keys());
  report(
    later ?? {
      code: "reference.effect",
      pointer,
      message: `there is no effect of the kind ${quote(kind)}`,
      expected: "a known effect kind",
      found: quote(kind),
      ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
    },
  );
}

/** Rules by what they look at: a later rule that looks at no less decides nothing. */
class EarlierRules {
  readonly #rules = new Map<string, number>();

  /** Why an earlier rule leaves nothing to this one; null when none does. The rule is kept. */
  covering(when: When, index: number): string | null {
    const parts = FIELDS.map((field) => when[field]);
    let first: number | undefined;
    // Every way to look at fewer of the same parts.
    for (let mask = 0; mask < 1 << FIELDS.length; mask++) {
      const some = parts.map((part, i) => ((mask >> i) & 1 ? part : undefined));
      if (some.some((part, i) => (mask >> i) & 1 && part === undefined)) continue;
      const rule = this.#rules.get(JSON.stringify(some));
      if (rule !== undefined && (first === undefined || rule < first)) first = rule;
    }
    const key = JSON.stringify(parts);
    if (!this.#rules.has(key)) this.#rules.set(key, index);
    return first === undefined ? null : `rule ${first} decides all it could`;
  }
}

const FIELDS = ["effectKind", "capName", "capType", "originKind", "originName"] as const;

/** Why no effect can be what a rule looks for; null when one can. */
function impossible(
  when: When,
  active: Active,
  capTypes: ReadonlyMap<string, string>,
  grants: Grants,
): string | null {
  const { effectKind, capName, capType, originKind, originName } = when;
  const ofEffect = effectKind === undefined ? undefined : capTypes.get(effectKind);
  const ofGrant = capName === undefined ? undefined : grants.byName.get(capName)?.cap.capType;
  if (capType !== undefined) {
    const types = new Set([...active.set.caps.values()].map(({ definition }) => definition.capType));
    if (!types.has(capType)) return `there is no capability of the type ${quote(capType)}`;
    if (ofEffect !== undefined && ofEffect !== capType) return `${effectKind} is of the type ${ofEffect}`;
    if (ofGrant !== undefined && ofGrant !== capType)
      return `the grant ${quote(capName!)} is of the type ${ofGrant}`;
  }
  if (ofEffect !== undefined && ofGrant !== undefined && ofEffect !== ofGrant) {
    return `${effectKind} needs a grant of ${ofEffect}, and ${quote(capName!)} is one of ${ofGrant}`;
  }
  if (originName === undefined || active.isBroken(originName)) return null;
  const plan = active.set.plans.has(originName);
  const module = active.set.modules.get(originName)?.definition.reducer != null;
  if (originKind === "plan" ? plan : originKind === undefined ? plan || module : module) return null;
  const word = originKind === undefined ? "plan or module" : originKind;
  return `there is no ${word} ${quote(originName)}`;
}
