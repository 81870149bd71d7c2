/** What a world folder's `world.json` says beside its definitions; recorded in genesis by hash. */

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
