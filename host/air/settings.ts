/** What a world folder's `world.json` says beside its definitions; recorded in genesis by hash. */

import { type Cbor, canon, decodeCbor } from "../values/cbor.ts";
import { AirloomError } from "../values/errors.ts";
import type { Json } from "../values/json.ts";
import { FUEL_SCHEDULE, LIMITS, LIMITS_PROFILE } from "../values/limits.ts";
import { type AdapterSettings, adapterSettings, DEFAULT_ADAPTER_SETTINGS } from "./adapter-settings.ts";
import { Fields } from "./parse/fields.ts";

export interface Settings {
  readonly modules: ReadonlyMap<string, ModuleSettings>;
  /** Number of the limits profile. */
  readonly limitsProfile: number;
  /** Number of the fuel schedule: how executed instructions are counted. */
  readonly fuelSchedule: number;
  /** Path of the generated TypeScript types, relative to the world folder; not recorded. */
  readonly types?: string;
  /** `agentos`: as there, a capability that names no enforcer is not checked by one. */
  readonly compat: "none" | "agentos";
  /** Who may answer effects from outside, by adapter id. */
  readonly receiptKeys: ReadonlyMap<string, ReceiptKeys>;
  /** Not recorded. */
  readonly adapters: AdapterSettings;
}

/** An adapter outside of the process, known by its signatures. */
export interface ReceiptKeys {
  /** Effect kinds it may answer. */
  readonly effectKinds: readonly string[];
  /** Ed25519 public keys, 64 hex digits each. */
  readonly keys: readonly string[];
}

export interface ModuleSettings {
  /** Path of the reducer's source, relative to the world folder; null for a module that only its hash names. */
  readonly source: string | null;
  /** `checked`: the state must be canonical and typed; `opaque`: stored as it comes. */
  readonly state: "checked" | "opaque";
  readonly limits: ModuleLimits;
}

/** What one call of a module may use, and whether it may compute with floats. */
export interface ModuleLimits {
  /** `canonicalize`: the results of float arithmetic that are NaN get one set of bits. */
  readonly floats: "refuse" | "canonicalize";
  /** Pages of 64 KiB its memory may have. */
  readonly memoryPagesMax: number;
  /** Fuel of one call. */
  readonly fuelMax: bigint;
  /** Bytes of stack its recursive calls may take. */
  readonly stackBytesMax: number;
}

export const DEFAULT_MODULE_LIMITS: ModuleLimits = {
  floats: "refuse",
  memoryPagesMax: LIMITS.memoryPagesDefault,
  fuelMax: BigInt(LIMITS.fuelDefault),
  stackBytesMax: LIMITS.stackBytesDefault,
};

/** What holds for a module that the settings do not name. */
export const DEFAULT_MODULE_SETTINGS: ModuleSettings = {
  source: null,
  state: "checked",
  limits: DEFAULT_MODULE_LIMITS,
};

/** What holds where there is no `world.json`. */
export const DEFAULT_SETTINGS: Settings = {
  modules: new Map(),
  limitsProfile: LIMITS_PROFILE,
  fuelSchedule: FUEL_SCHEDULE,
  compat: "none",
  receiptKeys: new Map(),
  adapters: DEFAULT_ADAPTER_SETTINGS,
};

/** Reads `world.json` once its shape was checked. */
export function settingsFromJson(json: Json): Settings {
  const fields = new Fields(json, "");
  const modules = fields.optionalFields("modules");
  const profile = fields.optionalInteger("limits_profile");
  const schedule = fields.optionalInteger("fuel_schedule");
  const types = fields.optionalText("types");
  return {
    ...(types === null ? {} : { types }),
    modules: new Map(
      [...(modules?.json.keys() ?? [])].map((name) => [name, moduleSettings(modules!.fields(name))]),
    ),
    limitsProfile: profile === null ? LIMITS_PROFILE : Number(profile),
    fuelSchedule: schedule === null ? FUEL_SCHEDULE : Number(schedule),
    compat: fields.json.has("compat") ? fields.oneOf("compat", ["none", "agentos"]) : DEFAULT_SETTINGS.compat,
    receiptKeys: receiptKeys(fields.optionalFields("receipt_keys")),
    adapters: adapterSettings(fields.optionalFields("adapters")),
  };
}

function receiptKeys(fields: Fields | null): ReadonlyMap<string, ReceiptKeys> {
  const read = (adapter: string): ReceiptKeys => {
    const each = fields!.fields(adapter);
    return { effectKinds: each.texts("effect_kinds"), keys: each.texts("keys") };
  };
  return new Map([...(fields?.json.keys() ?? [])].map((adapter) => [adapter, read(adapter)]));
}

function moduleSettings(fields: Fields): ModuleSettings {
  const number = (name: string, otherwise: number) => Number(fields.optionalInteger(name) ?? otherwise);
  return {
    source: fields.optionalText("source"),
    state: fields.json.has("state")
      ? fields.oneOf("state", ["checked", "opaque"])
      : DEFAULT_MODULE_SETTINGS.state,
    limits: {
      floats: fields.json.has("floats")
        ? fields.oneOf("floats", ["refuse", "canonicalize"])
        : DEFAULT_MODULE_LIMITS.floats,
      memoryPagesMax: number("memory_pages_max", DEFAULT_MODULE_LIMITS.memoryPagesMax),
      fuelMax: fields.optionalInteger("fuel_max") ?? DEFAULT_MODULE_LIMITS.fuelMax,
      stackBytesMax: number("stack_bytes_max", DEFAULT_MODULE_LIMITS.stackBytesMax),
    },
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
 * sources lie and how effects are done is not.
 */
export function settingsToNode(settings: Settings): Uint8Array {
  const modules = [...settings.modules].map(([name, each]) => [name, moduleNode(each)] as const);
  return canon(
    new Map<string, Cbor>([
      ["modules", new Map(modules)],
      ["limits_profile", BigInt(settings.limitsProfile)],
      ["fuel_schedule", BigInt(settings.fuelSchedule)],
      ...(settings.compat === "none" ? [] : [["compat", settings.compat] as const]),
      ...(settings.receiptKeys.size === 0 ? [] : [["receipt_keys", receiptKeysNode(settings)] as const]),
    ]),
  );
}

function moduleNode({ state, limits }: ModuleSettings): Map<string, Cbor> {
  return new Map<string, Cbor>([
    ["state", state],
    ["floats", limits.floats],
    ["fuel_max", limits.fuelMax],
    ["stack_bytes_max", BigInt(limits.stackBytesMax)],
    ["memory_pages_max", BigInt(limits.memoryPagesMax)],
  ]);
}

/** Reads recorded settings; sources are null, adapters the defaults. Throws `settings.corrupt` (kind `corrupt`). */
export function settingsFromNode(bytes: Uint8Array): Settings {
  const node = decodeCbor(bytes);
  const modules = member(node, "modules");
  const [profile, schedule] = [member(node, "limits_profile"), member(node, "fuel_schedule")];
  if (typeof schedule !== "bigint" || typeof profile !== "bigint") throw corrupt();
  if (!(modules instanceof Map)) throw corrupt();
  const read = new Map<string, ModuleSettings>();
  for (const [name, each] of modules as ReadonlyMap<string | bigint, Cbor>) {
    const state = member(each, "state");
    if (typeof name !== "string" || (state !== "checked" && state !== "opaque")) throw corrupt();
    read.set(name, { source: null, state, limits: limitsFrom(each) });
  }
  const compat = member(node, "compat") ?? "none";
  if (compat !== "none" && compat !== "agentos") throw corrupt();
  return {
    modules: read,
    limitsProfile: Number(profile),
    fuelSchedule: Number(schedule),
    compat,
    receiptKeys: receiptKeysFrom(member(node, "receipt_keys") ?? new Map()),
    adapters: DEFAULT_ADAPTER_SETTINGS,
  };
}

function receiptKeysNode(settings: Settings): Map<string, Cbor> {
  const nodes = [...settings.receiptKeys].map(([adapter, { effectKinds, keys }]) => {
    return [
      adapter,
      new Map<string, Cbor>([
        ["keys", keys],
        ["effect_kinds", effectKinds],
      ]),
    ] as const;
  });
  return new Map(nodes);
}

function receiptKeysFrom(node: Cbor): ReadonlyMap<string, ReceiptKeys> {
  if (!(node instanceof Map)) throw corrupt();
  const read = new Map<string, ReceiptKeys>();
  for (const [adapter, each] of node as ReadonlyMap<string | bigint, Cbor>) {
    if (typeof adapter !== "string") throw corrupt();
    read.set(adapter, { effectKinds: textsOf(each, "effect_kinds"), keys: textsOf(each, "keys") });
  }
  return read;
}

function textsOf(node: Cbor, name: string): readonly string[] {
  const list = member(node, name);
  if (!Array.isArray(list)) throw corrupt();
  return list.map((item: Cbor) => {
    if (typeof item !== "string") throw corrupt();
    return item;
  });
}

function limitsFrom(node: Cbor): ModuleLimits {
  const floats = member(node, "floats");
  const [fuelMax, stack, pages] = ["fuel_max", "stack_bytes_max", "memory_pages_max"].map((name) =>
    member(node, name),
  );
  if (floats !== "refuse" && floats !== "canonicalize") throw corrupt();
  if (typeof fuelMax !== "bigint" || typeof stack !== "bigint" || typeof pages !== "bigint") throw corrupt();
  return { floats, fuelMax, stackBytesMax: Number(stack), memoryPagesMax: Number(pages) };
}

function member(node: Cbor, name: string): Cbor | undefined {
  return node instanceof Map ? (node as ReadonlyMap<string | bigint, Cbor>).get(name) : undefined;
}

function corrupt(): AirloomError {
  return new AirloomError("corrupt", "settings.corrupt", "the recorded settings cannot be read");
}
