/** What an enforcer of the host's own is asked, and how it reads the parameters of grants and effects. */

import type { Grant } from "../../air/manifest.ts";
import type { LogicalTimeNs } from "../../values/brand.ts";
import { type Cbor, decodeCbor } from "../../values/cbor.ts";

/** Why an effect does not go out: a code for programs, a sentence for people. */
export interface Denial {
  readonly code: string;
  readonly message: string;
}

export interface EnforcerRequest {
  readonly effectKind: string;
  readonly grant: Grant;
  /** Canonical bytes of the effect's parameters. */
  readonly params: Uint8Array;
  readonly nowNs: LogicalTimeNs;
}

export interface NativeEnforcer {
  /** As decisions name it: the module of AIR's catalogue that it stands for, or a name of ours. */
  readonly name: string;
  /** Effect kinds whose parameters it knows. */
  readonly effectKinds: readonly string[];
  /** Null when the grant covers the effect. */
  check(request: EnforcerRequest): Denial | null;
}

export type Fields = ReadonlyMap<string, Cbor>;

/** The fields of a record in canonical bytes; none for a value of another form. */
export function fieldsOf(bytes: Uint8Array): Fields {
  const value = decodeCbor(bytes);
  return value instanceof Map ? (value as Fields) : new Map();
}

export function denial(code: string, message: string): Denial {
  return { code, message };
}

/** A reader of grants that reads each once: a grant never changes, and effects come often. */
export function perGrant<T>(read: (fields: Fields) => T): (grant: Grant) => T {
  const known = new WeakMap<Grant, T>();
  return (grant) => {
    const before = known.get(grant);
    if (before !== undefined) return before;
    const result = read(fieldsOf(grant.params));
    known.set(grant, result);
    return result;
  };
}

/** Thrown while a grant is read: its parameters are not what the capability type has. */
export class InvalidGrant extends Error {
  readonly field: string;
  constructor(field: string) {
    super(`the parameter ${field} has another form`);
    this.field = field;
  }
}

/**
 * A list of a grant: null when it is absent or empty, which limits nothing. Throws `InvalidGrant`.
 */
export function listOf(fields: Fields, name: string): readonly string[] | null {
  const items = itemsOf(fields, name);
  if (items === null) return null;
  return items.map((item) => {
    if (typeof item !== "string") throw new InvalidGrant(name);
    return item;
  });
}

/** The same of numbers. */
export function numbersOf(fields: Fields, name: string): readonly bigint[] | null {
  const items = itemsOf(fields, name);
  if (items === null) return null;
  return items.map((item) => {
    if (typeof item !== "bigint") throw new InvalidGrant(name);
    return item;
  });
}

/** A number of a grant, null when it is absent. Throws `InvalidGrant`. */
export function numberOf(fields: Fields, name: string): bigint | null {
  const value = fields.get(name) ?? null;
  if (value !== null && typeof value !== "bigint") throw new InvalidGrant(name);
  return value;
}

function itemsOf(fields: Fields, name: string): readonly Cbor[] | null {
  const value = fields.get(name) ?? null;
  if (value === null) return null;
  if (!Array.isArray(value)) throw new InvalidGrant(name);
  return value.length === 0 ? null : (value as readonly Cbor[]);
}

/** What a list allows, for a message. */
export function someOf(list: readonly (string | bigint)[]): string {
  const shown = list.slice(0, 8).map((item) => String(item).slice(0, 64));
  return `${shown.join(", ")}${list.length > shown.length ? ", ..." : ""}`;
}
