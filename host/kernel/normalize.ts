/** An event before it is recorded: canonical once, routed once. */

import type { Manifest } from "../air/manifest.ts";
import { AirloomError } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";
import { nearest } from "../values/nearest.ts";
import type { Schema } from "../values/schema.ts";
import { type Routed, routeEvent } from "./route.ts";

export interface PreparedEvent extends Routed {
  readonly schema: string;
  /** Canonical bytes, self-describe tag first. */
  readonly value: Uint8Array;
  /** The key it was sent with. */
  readonly key: Uint8Array | null;
}

/**
 * Throws `AirloomError` of kind `request`: `event.unknown_schema`, `event.too_large`, `value.invalid`, or
 * what routing refuses. Nothing has happened then.
 */
export function prepareEvent(
  manifest: Manifest,
  name: string,
  bytes: Uint8Array,
  key: Uint8Array | null,
): PreparedEvent {
  const { schema, value } = normalizeEvent(manifest, name, bytes);
  return { schema: name, value, key, ...routeEvent(manifest, schema, value, key) };
}

/**
 * An event's schema and canonical bytes. Throws `AirloomError` of kind `request`: `event.unknown_schema`,
 * `event.too_large`, `value.invalid`.
 */
export function normalizeEvent(
  manifest: Manifest,
  name: string,
  bytes: Uint8Array,
): { readonly schema: Schema; readonly value: Uint8Array } {
  const schema = manifest.schemas.get(name);
  if (schema === undefined) {
    const near = nearest(name, manifest.schemas.keys());
    const hint = near === undefined ? "list the schema in the manifest" : `did you mean ${near}?`;
    throw new AirloomError("request", "event.unknown_schema", `the world knows no schema ${name}; ${hint}`, {
      fields: { schema: name },
    });
  }
  if (bytes.length > LIMITS.ingressBytesMax) {
    const message = `an event of ${bytes.length} bytes is over the limit of ${LIMITS.ingressBytesMax}`;
    throw new AirloomError("request", "event.too_large", message, { fields: { sizeBytes: bytes.length } });
  }
  return { schema, value: schema.normalize(bytes) };
}
