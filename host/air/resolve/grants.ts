import { AirloomError } from "../../values/errors.ts";
import { grantHash } from "../../values/identity.ts";
import type { Json } from "../../values/json.ts";
import { nearest } from "../../values/nearest.ts";
import { quote } from "../../values/quote.ts";
import type { Schema } from "../../values/schema.ts";
import type { GrantSource } from "../definitions.ts";
import type { Grant } from "../manifest.ts";
import { tagged } from "../parse/tagged.ts";
import type { FaultList, Origin } from "../source.ts";
import type { Active } from "./active.ts";
import type { Given } from "./given.ts";
import { compileInline, type Schemas } from "./schemas.ts";

export interface Grants {
  /** Grants without faults. */
  readonly byName: ReadonlyMap<string, Grant>;
  /** Each grant's parameters in the tagged lens, as they are hashed in the manifest. */
  readonly params: ReadonlyMap<GrantSource, Json>;
  /** Every name the manifest gives a grant, with faults or without. */
  readonly names: ReadonlySet<string>;
}

/**
 * The grants of `defaults`. Reports `grant.duplicate`, unknown capabilities and parameters that are not of the
 * capability's schema (`value.*`).
 */
export function resolveGrants(given: Given, active: Active, schemas: Schemas, faults: FaultList): Grants {
  const { definition, origin } = given.manifest;
  const parameters = capSchemas(active, schemas, faults);
  const byName = new Map<string, Grant>();
  const params = new Map<GrantSource, Json>();
  const names = new Set<string>();
  definition.defaults?.grants.forEach((source, i) => {
    const pointer = `/defaults/cap_grants/${i}`;
    if (names.has(source.name)) duplicate(source, origin, pointer, faults);
    names.add(source.name);
    const cap = active.find("caps", source.cap, origin, `${pointer}/cap`)?.definition;
    const schema = cap === undefined ? undefined : parameters.get(cap.name);
    if (cap === undefined || schema === undefined) return;
    const bytes = encodeParams(schema, source.params, origin, `${pointer}/params`, faults);
    if (bytes === null) return;
    params.set(source, tagged(source.params) ?? schema.toTagged(schema.decode(bytes)));
    const { expiryNs } = source;
    const hash = grantHash({ defcapRef: cap.name, capType: cap.capType, params: bytes, expiryNs });
    byName.set(source.name, { name: source.name, cap, params: bytes, expiryNs, hash });
  });
  return { byName, params, names };
}

/** The schema of each capability's parameters. */
function capSchemas(active: Active, schemas: Schemas, faults: FaultList): ReadonlyMap<string, Schema> {
  const out = new Map<string, Schema>();
  for (const { definition, origin } of active.set.caps.values()) {
    const { name, schema } = definition;
    const compiled = compileInline(
      `parameters of ${name}`,
      schema,
      schemas,
      active,
      faults,
      origin,
      "/schema",
    );
    if (compiled !== null) out.set(name, compiled);
  }
  return out;
}

function encodeParams(
  schema: Schema,
  json: Json,
  origin: Origin,
  pointer: string,
  faults: FaultList,
): Uint8Array | null {
  try {
    return schema.encode(schema.parse(json));
  } catch (error) {
    if (!(error instanceof AirloomError) || error.code !== "value.invalid") throw error;
    for (const fault of error.diagnostics) {
      faults.add(origin, { ...fault, pointer: `${pointer}${fault.pointer ?? ""}` });
    }
    return null;
  }
}

function duplicate(source: GrantSource, origin: Origin, pointer: string, faults: FaultList): void {
  faults.add(origin, {
    code: "grant.duplicate",
    pointer: `${pointer}/name`,
    message: `there are two grants ${quote(source.name)}`,
    expected: "each grant name once",
    found: quote(source.name),
    hint: "rename one of them",
  });
}

/** Reports `reference.grant` for a name that is no grant's. */
export function checkGrantName(
  name: string,
  grants: Grants,
  origin: Origin,
  pointer: string,
  faults: FaultList,
): void {
  if (grants.names.has(name)) return;
  const meant = nearest(name, grants.names);
  faults.add(origin, {
    code: "reference.grant",
    pointer,
    message: `there is no grant ${quote(name)}`,
    expected: "the name of a grant in defaults.cap_grants",
    found: quote(name),
    hint:
      meant === undefined ? "add it to defaults.cap_grants of the manifest" : `did you mean ${quote(meant)}?`,
  });
}
