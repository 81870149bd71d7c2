/**
 * What `world.json` says about how effects are done: how long, how often, with whose credentials. None of it
 * decides what a world derives from what comes back, so none of it is recorded, and it may change from one
 * start to the next. Credentials are named here by where they are found, never written out.
 */

import type { Fields } from "./parse/fields.ts";

export interface AdapterSettings {
  readonly http: HttpSettings;
}

export interface HttpSettings {
  /** From the first byte sent to the last received, of one try. */
  readonly timeoutMs: number;
  /** Requests at work at one time; more wait their turn. */
  readonly inFlightMax: number;
  /** Null tries once. */
  readonly retry: RetrySettings | null;
  /** By origin, as in `https://api.example.com`. */
  readonly credentials: ReadonlyMap<string, readonly Credential[]>;
}

/** After failure n, from 1: not again when n >= maxAttempts, else after min(maxWait, minWait * base^n) and jitter. */
export interface RetrySettings {
  /** Tries in all. */
  readonly maxAttempts: bigint;
  readonly minWaitMs: bigint;
  readonly maxWaitMs: bigint;
  readonly base: bigint;
  /** The jitter is between nothing and this part of the wait. */
  readonly jitterPercent: bigint;
}

/** A header that requests to an origin get. */
export interface Credential {
  /** Lower case. */
  readonly header: string;
  /** Stands before the secret: `Bearer `. */
  readonly prefix: string;
  /** `env:NAME` or `file:PATH`, relative to where the process runs. */
  readonly secret: string;
}

export const DEFAULT_ADAPTER_SETTINGS: AdapterSettings = {
  http: { timeoutMs: 30_000, inFlightMax: 64, retry: null, credentials: new Map() },
};

/** Reads the field `adapters` once its shape was checked. */
export function adapterSettings(fields: Fields | null): AdapterSettings {
  const http = fields?.optionalFields("http") ?? null;
  if (http === null) return DEFAULT_ADAPTER_SETTINGS;
  const defaults = DEFAULT_ADAPTER_SETTINGS.http;
  const credentials = http.optionalFields("credentials");
  const origins = [...(credentials?.json.keys() ?? [])];
  return {
    http: {
      timeoutMs: Number(http.optionalInteger("timeout_ms") ?? defaults.timeoutMs),
      inFlightMax: Number(http.optionalInteger("in_flight_max") ?? defaults.inFlightMax),
      retry: retrySettings(http.optionalFields("retry")),
      credentials: new Map(origins.map((origin) => [origin, credentialsOf(credentials!, origin)])),
    },
  };
}

function retrySettings(fields: Fields | null): RetrySettings | null {
  if (fields === null) return null;
  const integer = (name: string, otherwise: bigint) => fields.optionalInteger(name) ?? otherwise;
  return {
    maxAttempts: integer("max_attempts", 3n),
    minWaitMs: integer("min_wait_ms", 100n),
    maxWaitMs: integer("max_wait_ms", 30_000n),
    base: integer("base", 2n),
    jitterPercent: integer("jitter_percent", 0n),
  };
}

function credentialsOf(all: Fields, origin: string): readonly Credential[] {
  const fields = all.fields(origin);
  return [...fields.json.keys()].map((header) => {
    const credential = fields.fields(header);
    return {
      header: header.toLowerCase(),
      prefix: credential.optionalText("prefix") ?? "",
      secret: credential.text("secret"),
    };
  });
}
