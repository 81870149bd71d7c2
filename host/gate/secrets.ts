/**
 * References to secrets in an effect's parameters. What is declared, for whom, is checked here; the secret
 * itself is put in where the effect is done, and no record ever holds it.
 */

import type { SecretDefinition } from "../air/definitions.ts";
import type { Grant } from "../air/manifest.ts";
import type { Origin } from "../journal/origin.ts";
import { quote } from "../values/quote.ts";
import type { Schema } from "../values/schema.ts";
import type { Type } from "../values/type.ts";
import type { Value } from "../values/value.ts";
import { type Denial, denial } from "./native/enforcer.ts";

/** One version of a secret, as parameters name it. */
export interface SecretName {
  readonly alias: string;
  readonly version: bigint;
}

/** As `defsecret` spells it: `ALIAS@VERSION`. */
export function secretKey({ alias, version }: SecretName): string {
  return `${alias}@${version}`;
}

/** The first reference that is not declared, or not for this grant or plan. */
export function checkSecrets(
  secrets: ReadonlyMap<string, SecretDefinition>,
  params: Schema,
  bytes: Uint8Array,
  grant: Grant,
  origin: Origin,
): Denial | null {
  if (!mayHoldSecrets(params)) return null;
  for (const name of secretsIn(params.type, params.decode(bytes))) {
    const key = secretKey(name);
    const secret = secrets.get(key);
    if (secret === undefined) {
      return denial("secret_undeclared", `the manifest declares no secret ${quote(key)}`);
    }
    const { allowedCaps, allowedPlans } = secret;
    if (allowedCaps.length > 0 && !allowedCaps.includes(grant.name)) {
      return denial(
        "secret_not_allowed",
        `the secret ${quote(key)} is not for the grant ${quote(grant.name)}`,
      );
    }
    if (allowedPlans.length > 0 && !(origin.kind === "plan" && allowedPlans.includes(origin.name))) {
      return denial(
        "secret_not_allowed",
        `the secret ${quote(key)} is not for ${origin.kind} ${origin.name}`,
      );
    }
  }
  return null;
}

/** Whether values of a schema can refer to secrets at all. */
export function mayHoldSecrets(schema: Schema): boolean {
  const known = holders.get(schema);
  if (known !== undefined) return known;
  const found = typeHolds(schema.type);
  holders.set(schema, found);
  return found;
}

const holders = new WeakMap<Schema, boolean>();

/** Every reference in a value of this type, in its order. */
export function secretsIn(type: Type, value: Value): readonly SecretName[] {
  const found: SecretName[] = [];
  replaceSecrets(type, value, (name, arm) => {
    found.push(name);
    return arm;
  });
  return found;
}

/** The value with each variant that refers to a secret replaced by what is given for it. */
export function replaceSecrets(
  type: Type,
  value: Value,
  replace: (name: SecretName, arm: Value, type: VariantType) => Value,
): Value {
  const inside = (inner: Type, part: Value): Value => replaceSecrets(inner, part, replace);
  switch (type.kind) {
    case "option":
      return value.kind === "null" ? value : inside(type.item, value);
    case "list":
    case "set":
      if (value.kind !== "list" && value.kind !== "set") return value;
      return { ...value, items: value.items.map((item) => inside(type.item, item)) };
    case "map":
      if (value.kind !== "map") return value;
      return { ...value, entries: value.entries.map(([key, item]) => [key, inside(type.value, item)]) };
    case "record":
      if (value.kind !== "record") return value;
      return {
        ...value,
        fields: new Map(
          [...value.fields].map(([name, part]) => [name, inside(type.fields.get(name)!, part)]),
        ),
      };
    case "variant":
      return replaceInVariant(type, value, replace, inside);
    default:
      return value;
  }
}

type VariantType = Extract<Type, { readonly kind: "variant" }>;

function replaceInVariant(
  type: VariantType,
  value: Value,
  replace: (name: SecretName, arm: Value, type: VariantType) => Value,
  inside: (type: Type, part: Value) => Value,
): Value {
  if (value.kind !== "record") return value;
  const tag = value.fields.get("$tag");
  const payload = value.fields.get("$value");
  if (tag?.kind !== "text" || payload === undefined) return value;
  const arm = type.arms.get(tag.value);
  if (arm === undefined) return value;
  if (tag.value === "secret" && isReference(arm) && payload.kind === "record") {
    const alias = payload.fields.get("alias");
    const version = payload.fields.get("version");
    if (alias?.kind === "text" && version?.kind === "nat") {
      return replace({ alias: alias.value, version: version.value }, value, type);
    }
  }
  return { ...value, fields: new Map([...value.fields, ["$value", inside(arm, payload)]]) };
}

/** `sys/SecretRef@1`, with its references followed. */
function isReference(type: Type): boolean {
  if (type.kind !== "record" || type.fields.size !== 2) return false;
  return type.fields.get("alias")?.kind === "text" && type.fields.get("version")?.kind === "nat";
}

function typeHolds(type: Type): boolean {
  switch (type.kind) {
    case "option":
    case "list":
    case "set":
      return typeHolds(type.item);
    case "map":
      return typeHolds(type.value);
    case "record":
      return [...type.fields.values()].some(typeHolds);
    case "variant":
      return [...type.arms].some(([tag, arm]) => (tag === "secret" && isReference(arm)) || typeHolds(arm));
    default:
      return false;
  }
}
