/** Secrets and where they are used. A declaration `ALIAS@VERSION` is one version of an alias. */

import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "../../values/json.ts";
import { nearest } from "../../values/nearest.ts";
import { child } from "../../values/pointer.ts";
import { quote } from "../../values/quote.ts";
import type { SecretDefinition } from "../definitions.ts";
import { type SecretRef, secretRef, tagged } from "../parse/tagged.ts";
import type { FaultList, Origin, Report } from "../source.ts";
import type { Active } from "./active.ts";
import type { Given, PlanDraft } from "./given.ts";
import type { Grants } from "./grants.ts";

/**
 * The secrets in force by name. Reports `secret.name` and `secret.duplicate`, and uses in values of plans and
 * grants of what is not declared (`reference.secret`) or not allowed there (`secret.denied`). Warns of limits
 * to what is not there (`secret.unknown_grant`, `secret.unknown_plan`), and of uses that AIR only finds when
 * the effect is emitted (`secret.undeclared`).
 */
export function resolveSecrets(
  given: Given,
  active: Active,
  grants: Grants,
  faults: FaultList,
): ReadonlyMap<string, SecretDefinition> {
  const secrets = new Secrets(active, faults);
  for (const { definition, origin } of active.set.secrets.values()) {
    secrets.declare(definition, origin);
    checkLimits(definition, active, grants, faults.at(origin));
  }
  for (const { definition, origin } of active.set.plans.values()) {
    for (const [json, pointer] of slotsOf(definition)) {
      secrets.checkUses(json, pointer, { plan: definition.name }, faults.at(origin));
    }
  }
  const { definition: manifest, origin } = given.manifest;
  manifest.defaults?.grants.forEach(({ name, params }, i) => {
    secrets.checkUses(params, `/defaults/cap_grants/${i}/params`, { grant: name }, faults.at(origin));
  });
  return new Map([...active.set.secrets].map(([name, { definition }]) => [name, definition]));
}

/** Who uses a secret. */
type User = { readonly plan: string } | { readonly grant: string };

class Secrets {
  readonly #faults: FaultList;
  readonly #broken: boolean;
  readonly #byVersion = new Map<string, SecretDefinition>();

  constructor(active: Active, faults: FaultList) {
    this.#faults = faults;
    this.#broken = active.someBroken;
  }

  declare(definition: SecretDefinition, origin: Origin): void {
    const { name } = definition;
    const [, alias, digits] = /^(.*)@([0-9]{1,20})$/.exec(name) ?? [];
    const version = BigInt(digits ?? 0);
    if (version < 1n || version > 0xffffffffffffffffn) {
      this.#faults.add(origin, {
        code: "secret.name",
        pointer: "/name",
        message: `${quote(name)} declares no version of a secret`,
        expected: "ALIAS@VERSION, the version from 1 on",
        found: quote(name),
      });
      return;
    }
    const key = keyOf({ alias: alias!, version });
    const first = this.#byVersion.get(key);
    if (first === undefined) this.#byVersion.set(key, definition);
    else {
      this.#faults.add(origin, {
        code: "secret.duplicate",
        pointer: "/name",
        message: `${quote(first.name)} is the same version of the same secret`,
        expected: "each version once",
        found: quote(name),
      });
    }
  }

  /** Looks through a value as it was written. */
  checkUses(json: Json, pointer: string, user: User, report: Report): void {
    eachSecret(json, [], false, (secret, path, bare) => {
      const at = path.reduce(child, pointer);
      // AIR looks for references in literals of the tagged lens only; the rest it meets when an effect is emitted.
      const checked = bare && tagged(json) !== undefined;
      const declared = this.#byVersion.get(keyOf(secret));
      if (declared !== undefined) {
        if (checked) checkUse(declared, user, at, report);
        return;
      }
      if (this.#broken) return;
      const meant = nearest(keyOf(secret), this.#byVersion.keys());
      report({
        code: checked ? "reference.secret" : "secret.undeclared",
        pointer: at,
        message: `there is no secret ${quote(keyOf(secret))}`,
        expected: "a version of a secret that the manifest lists",
        found: quote(keyOf(secret)),
        hint: meant === undefined ? "write a defsecret, and list it" : `did you mean ${quote(meant)}?`,
      });
    });
  }
}

function keyOf({ alias, version }: SecretRef): string {
  return `${alias}@${version}`;
}

function checkUse(secret: SecretDefinition, user: User, pointer: string, report: Report): void {
  const [allowed, name] =
    "plan" in user ? [secret.allowedPlans, user.plan] : [secret.allowedCaps, user.grant];
  if (allowed.length === 0 || allowed.includes(name)) return;
  report({
    code: "secret.denied",
    pointer,
    message: `${secret.name} is not for ${quote(name)}`,
    expected: `one of ${allowed.slice(0, 8).join(", ")}`,
    found: quote(name),
    hint: `add it to ${"plan" in user ? "allowed_plans" : "allowed_caps"} of the defsecret`,
  });
}

function checkLimits(secret: SecretDefinition, active: Active, grants: Grants, report: Report): void {
  const check = (
    code: string,
    word: string,
    field: string,
    names: readonly string[],
    known: Pick<ReadonlySet<string>, "has" | "keys">,
  ): void =>
    names.forEach((name, i) => {
      if (known.has(name) || active.isBroken(name)) return;
      const meant = nearest(name, known.keys());
      report({
        code,
        pointer: `/${field}/${i}`,
        message: `${secret.name} is limited to the ${word} ${quote(name)}, which is not there`,
        found: quote(name),
        ...(meant === undefined ? {} : { hint: `did you mean ${quote(meant)}?` }),
      });
    });
  check("secret.unknown_grant", "grant", "allowed_caps", secret.allowedCaps, grants.names);
  check("secret.unknown_plan", "plan", "allowed_plans", secret.allowedPlans, active.set.plans);
}

function slotsOf(plan: PlanDraft): readonly (readonly [Json, string])[] {
  return plan.steps.flatMap((step) => {
    const slots =
      step.op === "raise_event"
        ? [step.value]
        : step.op === "emit_effect"
          ? [step.params]
          : step.op === "assign"
            ? [step.expr]
            : step.op === "end"
              ? [step.result]
              : [];
    return slots.flatMap((slot) => (slot === null ? [] : [[slot.json, slot.pointer] as const]));
  });
}

/**
 * Every reference to a secret: `{"alias": ..., "version": ...}` anywhere, and under an arm `secret` the same as
 * a record whose parts are written with tags. `bare` says that it is the first; `path` is good during the visit.
 */
function eachSecret(
  json: Json,
  path: (string | number)[],
  inArm: boolean,
  visit: (secret: SecretRef, path: readonly (string | number)[], bare: boolean) => void,
): void {
  const within = (name: string | number, item: Json, arm: boolean): void => {
    path.push(name);
    eachSecret(item, path, arm, visit);
    path.pop();
  };
  if (isJsonArray(json)) {
    json.forEach((item, i) => {
      within(i, item, false);
    });
    return;
  }
  if (!isJsonObject(json)) return;
  const bare = secretRef(json);
  const spelled = bare ?? (inArm ? recordSecret(json) : undefined);
  if (spelled !== undefined) {
    visit(spelled, path, bare !== undefined);
    return;
  }
  const tag = json.get("tag") ?? json.get("$tag");
  json.forEach((item, name) => {
    within(name, item, tag === "secret" ? name === "value" || name === "$value" : name === "secret");
  });
}

/** `{"record": {"alias": {"text": ...}, "version": {"nat": ...}}}`. */
function recordSecret(json: JsonObject): SecretRef | undefined {
  const fields = json.get("record");
  if (!isJsonObject(fields ?? null)) return undefined;
  const body = fields as JsonObject;
  const part = (name: string, tag: string): Json => {
    const value = body.get(name) ?? null;
    return isJsonObject(value) ? (value.get(tag) ?? null) : null;
  };
  const alias = part("alias", "text");
  const version = part("version", "nat");
  const digits = version instanceof JsonNumber ? version.raw : version;
  if (typeof alias !== "string" || typeof digits !== "string" || !/^[0-9]{1,20}$/.test(digits))
    return undefined;
  return { alias, version: BigInt(digits) };
}
