/** What entered, with substitutes in the places that are to be redacted. */

import type { Manifest, Route } from "../../air/manifest.ts";
import type { Frame } from "../../journal/frame.ts";
import type { Ingress, PlanIngress } from "../../kernel/ingress.ts";
import { wrap } from "../../kernel/route.ts";
import { readTagged, taggedBytes } from "../../plan/tagged.ts";
import type { IntentId } from "../../values/brand.ts";
import { EMPTY, equalBytes } from "../../values/bytes.ts";
import { type Cbor, canon, decodeCbor, hasSelfDescribe, withoutSelfDescribe } from "../../values/cbor.ts";
import { AirloomError, bug } from "../../values/errors.ts";
import { fieldBytes } from "../../values/field.ts";
import type { Schema } from "../../values/schema.ts";
import type { Value } from "../../values/value.ts";
import type { FaultPlaces } from "../faults.ts";
import {
  CORRELATION_SEGMENT,
  hasOwnKey,
  KEY_SEGMENT,
  keyedRoute,
  type RedactPath,
  substituteAll,
  substituteAt,
} from "./paths.ts";
import type { Notes } from "./redact.ts";
import { isInteger } from "./spellings.ts";
import type { Substitutes } from "./substitutes.ts";

interface Redaction {
  readonly paths: readonly RedactPath[];
  readonly substitutes: Pick<Substitutes, "of" | "name">;
  readonly notes: Notes;
}

/** What the run with substitutes did before this frame. */
export interface RunSoFar {
  readonly faults: FaultPlaces;
  /** Intents that ask something else than they did. */
  readonly reworded: ReadonlySet<IntentId>;
}

/**
 * Throws `redact.untyped` (kind `request`) where a path names the schema of bytes that cannot be read by it, and
 * `fault.unknown` for a redelivery of a fault that the run with substitutes does not have.
 */
export function substituteIngress(
  frame: Frame,
  ingress: Ingress,
  manifest: Manifest | null,
  redaction: Redaction,
  { faults, reworded }: RunSoFar,
): Ingress {
  if (manifest === null) return ingress;
  const typed = new Typed(frame, redaction);
  switch (ingress.kind) {
    case "event": {
      const schema = manifest.schemas.get(ingress.schema);
      if (schema === undefined) return ingress;
      const value = typed.substitute("value", schema, ingress.value);
      return { ...ingress, value, key: keyOf(ingress.key, { manifest, schema, value, typed }) };
    }
    case "plan": {
      const schema = manifest.plans.get(ingress.plan)?.input;
      if (schema === undefined) return ingress;
      const input = typed.substitute("input", schema, ingress.input);
      return { ...ingress, input, correlation: typed.substituteCorrelation(ingress) };
    }
    case "receipt": {
      const first = frame.records[0]!;
      const kind = first.kind === "effect_receipt" ? first.effectKind : "";
      const schema = manifest.effects.get(kind)?.receipt;
      const { receipt } = ingress;
      const payload =
        schema === undefined || receipt.payload.length === 0
          ? receipt.payload
          : typed.substitute("payload", schema, receipt.payload);
      const isSame = equalBytes(payload, receipt.payload);
      const isSigned = receipt.signature.some((byte) => byte !== 0);
      if (isSame && !(isSigned && reworded.has(ingress.intent))) return ingress;
      // Whoever signed it signed the old payload, in answer to what was asked then.
      if (isSigned) typed.note("signature");
      return { ...ingress, receipt: { ...receipt, payload, signature: new Uint8Array(64) } };
    }
    case "redeliver": {
      // What is carried again was substituted where it first entered.
      const found = faults.renumbered(ingress);
      if (found?.kind !== "redeliver") throw noFault(frame);
      if (!equalBytes(found.value, ingress.value)) typed.note("value");
      return found;
    }
    case "dismiss": {
      const { reason } = ingress;
      if (reason === null) return ingress;
      typed.note("reason");
      return { ...ingress, reason: `redacted-${redaction.substitutes.name(reason)}` };
    }
    default:
      return ingress;
  }
}

function noFault({ head: { frame } }: Frame): AirloomError {
  const message = `frame ${frame} carries the event of a fault again that the run with substitutes does not have`;
  return new AirloomError("request", "fault.unknown", message, { fields: { frame } });
}

/** Values of one frame's ingress. */
class Typed {
  readonly #frame: Frame;
  readonly #redaction: Redaction;

  constructor(frame: Frame, redaction: Redaction) {
    this.#frame = frame;
    this.#redaction = redaction;
  }

  note(field: string): void {
    this.#redaction.notes.changed(`${this.#frame.head.frame}/${field}`);
  }

  /** The same bytes where no path leads into them. */
  substitute(field: string, schema: Schema, bytes: Uint8Array): Uint8Array {
    const paths = this.#redaction.paths.filter((path) => path.schema === schema.name && !isSpecial(path));
    if (paths.length === 0) return bytes;
    const before = this.#decode(field, schema, bytes);
    const told = new Set<string>();
    let after = before;
    for (const path of paths) {
      after = substituteAt(schema.type, after, path.segments, (scalar, at) => {
        // Paths may overlap: what one replaced is not replaced again.
        if (told.has(at)) return scalar;
        told.add(at);
        return this.#scalar(scalar, path, at === "" ? field : `${field}.${at}`);
      });
    }
    return told.size === 0 ? bytes : likeBytes(bytes, schema.encode(after));
  }

  /** The key an event was sent with, by the key schema of its reducer; as what it is where it goes to none. */
  substituteKey(event: Schema, schema: Schema | null, bytes: Uint8Array): Uint8Array {
    const path = this.#special(event.name, KEY_SEGMENT);
    if (path === undefined) return bytes;
    if (schema === null) return looseBytes(this.#scalar(looseScalar(bytes), path, "key"));
    const before = this.#decode("key", schema, bytes);
    const after = substituteAt(schema.type, before, [], (scalar, at) =>
      this.#scalar(scalar, path, at === "" ? "key" : `key.${at}`),
    );
    return likeBytes(bytes, schema.encode(after));
  }

  /** The correlation id a plan was started with by hand: a value of any type. */
  substituteCorrelation({ plan, correlation }: PlanIngress): Uint8Array | null {
    const path = this.#special(plan, CORRELATION_SEGMENT);
    const before = correlation === null || path === undefined ? null : readTagged(correlation);
    if (before === null || path === undefined) return correlation;
    const after = substituteAll(before, (scalar, at) =>
      this.#scalar(scalar, path, at === "" ? "correlation" : `correlation.${at}`),
    );
    return taggedBytes(after);
  }

  #special(name: string, segment: string): RedactPath | undefined {
    return this.#redaction.paths.find((each) => each.schema === name && each.segments[0] === segment);
  }

  #scalar(scalar: Value, path: RedactPath, field: string): Value {
    const { substitutes, notes } = this.#redaction;
    const substitute = substitutes.of(scalar);
    if (substitute === scalar) notes.kept(`${this.#frame.head.frame}/${field}`);
    else {
      notes.used(path);
      notes.replaced(scalar, `${this.#frame.head.frame}/${field}`);
      this.note(field);
    }
    return substitute;
  }

  #decode(field: string, schema: Schema, bytes: Uint8Array): Value {
    try {
      return schema.decode(bytes);
    } catch (error) {
      if (!(error instanceof AirloomError)) throw error;
      const { frame } = this.#frame.head;
      const message = `frame ${frame}, record 0: ${field} is no ${schema.name}, so that nothing in it can be replaced`;
      throw new AirloomError("request", "redact.untyped", message, {
        fields: { frame, record: 0, field, schema: schema.name },
        cause: error,
      });
    }
  }
}

/** A canonical text or integer, else the bytes. */
function looseScalar(bytes: Uint8Array): Value {
  const item = hasSelfDescribe(bytes) ? readItem(bytes) : null;
  if (typeof item === "string") return { kind: "text", value: item };
  if (typeof item === "bigint") return { kind: item < 0n ? "int" : "nat", value: item };
  return { kind: "bytes", value: bytes };
}

function looseBytes(scalar: Value): Uint8Array {
  if (scalar.kind === "bytes") return scalar.value;
  if (scalar.kind === "text" || isInteger(scalar)) return canon(scalar.value);
  throw bug("a key that is no text, integer or bytes");
}

function readItem(bytes: Uint8Array): Cbor {
  try {
    return decodeCbor(bytes);
  } catch (error) {
    if (error instanceof AirloomError && error.code === "cbor.invalid") return null;
    throw error;
  }
}

/** Whether it leads beside the value of its schema. */
function isSpecial({ segments: [first] }: RedactPath): boolean {
  return first === KEY_SEGMENT || first === CORRELATION_SEGMENT;
}

/** With the self-describe tag where the old bytes have it. */
function likeBytes(old: Uint8Array, encoded: Uint8Array): Uint8Array {
  return hasSelfDescribe(old) ? encoded : withoutSelfDescribe(encoded).slice();
}

/**
 * The key that goes with the substituted value: what a route finds in the value itself, else by the path of the
 * key.
 */
function keyOf(
  key: Uint8Array | null,
  { manifest, schema, value, typed }: { manifest: Manifest; schema: Schema; value: Uint8Array; typed: Typed },
): Uint8Array | null {
  if (key === null) return null;
  const route = keyedRoute(schema.name, manifest);
  const keySchema = route?.reducer.key ?? null;
  if (route === undefined || keySchema === null || route.keyPath === null)
    return hasOwnKey(schema.name, manifest) ? typed.substituteKey(schema, keySchema, key) : key;
  const found = keyInValue(route, route.keyPath, schema, value);
  if (found === undefined || equalBytes(keySchema.normalize(key), keySchema.normalize(found))) return key;
  typed.note("key");
  return likeBytes(key, keySchema.normalize(found));
}

function keyInValue(
  { arm, reducer, keyWrapped }: Route,
  keyPath: readonly string[],
  schema: Schema,
  value: Uint8Array,
): Uint8Array | undefined {
  if (!keyWrapped) return fieldBytes(schema, value, keyPath);
  return fieldBytes(reducer.event, wrap(arm, reducer.event, schema, value), keyPath) ?? EMPTY;
}
