/** What a world folder's `world.json` says beside its definitions; recorded in genesis by hash. */

import { type Cbor, canon, decodeCbor } from "../values/cbor.ts";
import { AirloomError } from "../values/errors.ts";
import type { Json } from "../values/json.ts";
import { LIMITS_PROFILE } from "../values/limits.ts";
import { Fields } from "./parse/fields.ts";

export interface Settings {
  readonly modules: ReadonlyMap<string, ModuleSettings>;
  /** Number of the limits profile. */
  readonly limitsProfile: number;
  /** Fuel schedule; `none` does not meter. */
  readonly fuelSchedule: "none";
}

export interface ModuleSettings {
  /** Path of the reducer's source, relative to the world folder; null for a module that only its hash names. */
  readonly source: string | null;
  /** `checked`: the state must be canonical and typed; `opaque`: stored as it comes. */
  readonly state: "checked" | "opaque";
}

/** What holds for a module that the settings do not name. */
export const DEFAULT_MODULE_SETTINGS: ModuleSettings = { source: null, state: "checked" };

/** What holds where there is no `world.json`. */
export const DEFAULT_SETTINGS: Settings = {
  modules: new Map(),
  limitsProfile: LIMITS_PROFILE,
  fuelSchedule: "none",
};

/** Reads `world.json` once its shape was checked. */
export function settingsFromJson(json: Json): Settings {
  const fields = new Fields(json, "");
  const modules = fields.optionalFields("modules");
  const profile = fields.optionalInteger("limits_profile");
  return {
    modules: new Map(
      [...(modules?.json.keys() ?? [])].map((name) => [name, moduleSettings(modules!.fields(name))]),
    ),
    limitsProfile: profile === null ? LIMITS_PROFILE : Number(profile),
    fuelSchedule: "none",
  };
}

function moduleSettings(fields: Fields): ModuleSettings {
  return {
    source: fields.optionalText("source"),
    state: fields.json.has("state")
      ? fields.oneOf("state", ["checked", "opaque"])
      : DEFAULT_MODULE_SETTINGS.state,
  };
}

/** The same settings with every one of these modules named. */
export function completeSettings(settings: Settings, modules: Iterable<string>): Settings {
  const complete = new Map(settings.modules);
  for (const name of modules) if (!complete.has(name)) complete.set(name, DEFAULT_MODULE_SETTINGS);
  return { ...settings, modules: complete };
}

/**
 * Canonical bytes, whose hash genesis records. Only what decides what a world does is in them: where the
 * sources lie is not.
 */
export function settingsToNode(settings: Settings): Uint8Array {
  const modules = [...settings.modules].map(
    ([name, { state }]) => [name, new Map<string, Cbor>([["state", state]])] as const,
  );
  return canon(
    new Map<string, Cbor>([
      ["modules", new Map(modules)],
      ["limits_profile", BigInt(settings.limitsProfile)],
      ["fuel_schedule", settings.fuelSchedule],
    ]),
  );
}

/** Reads recorded settings; sources are null. Throws `settings.corrupt` (kind `corrupt`). */
export function settingsFromNode(bytes: Uint8Array): Settings {
  const node = decodeCbor(bytes);
  const modules = member(node, "modules");
  const profile = member(node, "limits_profile");
  if (member(node, "fuel_schedule") !== "none" || typeof profile !== "bigint") throw corrupt();
  if (!(modules instanceof Map)) throw corrupt();
  const read = new Map<string, ModuleSettings>();
  for (const [name, each] of modules as ReadonlyMap<string | bigint, Cbor>) {
    const state = member(each, "state");
    if (typeof name !== "string" || (state !== "checked" && state !== "opaque")) throw corrupt();
    read.set(name, { source: null, state });
  }
  return { modules: read, limitsProfile: Number(profile), fuelSchedule: "none" };
}

function member(node: Cbor, name: string): Cbor | undefined {
  return node instanceof Map ? (node as ReadonlyMap<string | bigint, Cbor>).get(name) : undefined;
}

function corrupt(): AirloomError {
  return new AirloomError("corrupt", "settings.corrupt", "the recorded settings cannot be read");
}
