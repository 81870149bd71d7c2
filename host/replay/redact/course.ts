/**
 * Whether a run took the course of the one it was made from: the same records for the same reasons, whatever their
 * values. Cells may have other keys, but each old key has one new one and no two share it.
 */

import type { Manifest } from "../../air/manifest.ts";
import type { Frame } from "../../journal/frame.ts";
import { type Cell, type Field, fieldsOf, fieldValue, type JournalRecord } from "../../journal/record.ts";
import { toHex } from "../../values/bytes.ts";
import { AirloomError } from "../../values/errors.ts";
import type { Type } from "../../values/type.ts";
import { type Value, variantTag } from "../../values/value.ts";
import { schemaOf } from "../core/diff.ts";

export interface CourseDifference {
  /** Index of the record in its frame. */
  readonly record: number;
  readonly kind: string;
  /** What of it differs: a field, `kind`, `cause`, `cell`, or a variant's arm as `state.pc`. */
  readonly field: string;
}

/** Fields that say what values there are, or follow from them. */
const VALUES: ReadonlySet<string> = new Set([
  "bytes",
  "bytes?",
  "hash",
  "hash?",
  "identity",
  "value",
  "value?",
]);
const FOLLOWING: ReadonlySet<string> = new Set([
  "fuel",
  "faultMessage",
  "errorMessage",
  "denyMessage",
  "reason",
]);

export class Course {
  readonly #keys = new Map<string, string>();
  readonly #from = new Map<string, string>();

  /** The first difference in the order of the records; null for the same course. */
  compare(before: Frame, after: Frame, manifest: Manifest): CourseDifference | null {
    const count = Math.max(before.records.length, after.records.length);
    for (let record = 0; record < count; record++) {
      const [a, b] = [before.records[record], after.records[record]];
      if (a === undefined || b === undefined) return { record, kind: (a ?? b)!.kind, field: "kind" };
      const field = this.#compare(a, b, manifest);
      if (field !== null) return { record, kind: a.kind, field };
    }
    return null;
  }

  #compare(a: JournalRecord, b: JournalRecord, manifest: Manifest): string | null {
    if (a.kind !== b.kind) return "kind";
    if (a.cause !== b.cause) return "cause";
    if (!this.#sameCell(a.cell, b.cell)) return "cell";
    for (const field of fieldsOf(a.kind)) {
      const found = compareField(field, a, b, manifest);
      if (found !== null) return found;
    }
    return null;
  }

  #sameCell(a: Cell | null, b: Cell | null): boolean {
    if (a === null || b === null) return a === b;
    if (a.reducer !== b.reducer) return false;
    const [old, now] = [`${a.reducer} ${toHex(a.key)}`, `${b.reducer} ${toHex(b.key)}`];
    const [known, from] = [this.#keys.get(old), this.#from.get(now)];
    this.#keys.set(old, now);
    this.#from.set(now, old);
    return (known === undefined || known === now) && (from === undefined || from === old);
  }
}

function compareField(field: Field, a: JournalRecord, b: JournalRecord, manifest: Manifest): string | null {
  const [old, now] = [fieldValue(a, field.key), fieldValue(b, field.key)];
  if (FOLLOWING.has(field.key)) return null;
  if (field.key === "state" || field.key === "stateBlob") {
    return isDeleted(a) === isDeleted(b) ? armsOf(field, a, b, manifest) : field.name;
  }
  if ((old === null) !== (now === null)) return field.name;
  if (!VALUES.has(field.type)) return text(old) === text(now) ? null : field.name;
  return armsOf(field, a, b, manifest);
}

function isDeleted(record: JournalRecord): boolean {
  return record.kind === "delivery" && record.state === null && record.stateBlob === null;
}

/** Where a variant of a typed value has another arm. */
function armsOf(field: Field, a: JournalRecord, b: JournalRecord, manifest: Manifest): string | null {
  const [old, now] = [fieldValue(a, field.key), fieldValue(b, field.key)];
  const schema = schemaOf(a, manifest);
  if (!field.type.startsWith("value") || schema === undefined) return null;
  if (!(old instanceof Uint8Array) || !(now instanceof Uint8Array)) return null;
  try {
    const place = firstOtherArm(schema.type, schema.decode(old), schema.decode(now), []);
    return place === null ? null : [field.name, ...place].join(".");
  } catch (error) {
    if (error instanceof AirloomError && error.code === "value.invalid") return null;
    throw error;
  }
}

function firstOtherArm(type: Type, a: Value, b: Value, at: readonly string[]): readonly string[] | null {
  if (type.kind === "option") {
    if (a.kind === "null" || b.kind === "null") return a.kind === b.kind ? null : at;
    return firstOtherArm(type.item, a, b, at);
  }
  if (a.kind !== "record" || b.kind !== "record") return null;
  if (type.kind === "variant") {
    const [tag, other] = [variantTag(a), variantTag(b)];
    if (tag !== other) return at;
    const arm = type.arms.get(tag ?? "");
    const [x, y] = [a.fields.get("$value"), b.fields.get("$value")];
    return arm === undefined || x === undefined || y === undefined ? null : firstOtherArm(arm, x, y, at);
  }
  if (type.kind !== "record") return null;
  for (const [name, inner] of type.fields) {
    const [x, y] = [a.fields.get(name), b.fields.get(name)];
    const found = x === undefined || y === undefined ? null : firstOtherArm(inner, x, y, [...at, name]);
    if (found !== null) return found;
  }
  return null;
}

function text(value: unknown): string {
  return Array.isArray(value) ? value.map(text).join("|") : String(value);
}
