/**
 * The resolved manifest: every reference followed, every schema compiled, everything the kernel looks up a
 * Map away. Made by `resolve.ts`; immutable.
 */

import type { Hash } from "../values/brand.ts";
import type { Schema } from "../values/schema.ts";
import type {
  CapDefinition,
  EffectDefinition,
  ModuleDefinition,
  PlanDefinition,
  PolicyDefinition,
  SecretDefinition,
} from "./definitions.ts";

export interface Manifest {
  /** sha256 of canon of the manifest without `$kind`: AIR's manifest hash. */
  readonly hash: Hash;
  /** Canonical bytes of every user definition and of the manifest itself, by node hash: what a world keeps. */
  readonly nodes: ReadonlyMap<Hash, Uint8Array>;
  /** Compiled schemas by name, built-ins included. */
  readonly schemas: ReadonlyMap<string, Schema>;
  readonly modules: ReadonlyMap<string, ModuleDefinition>;
  readonly reducers: ReadonlyMap<string, Reducer>;
  readonly pureModules: ReadonlyMap<string, PureModule>;
  readonly plans: ReadonlyMap<string, Plan>;
  /** By effect kind. */
  readonly effects: ReadonlyMap<string, Effect>;
  readonly grants: ReadonlyMap<string, Grant>;
  /** `defaults.policy`; absent means everything is allowed (as AIR v1 has it). */
  readonly policy: PolicyDefinition | null;
  /** By event schema, in manifest order. */
  readonly routes: ReadonlyMap<string, readonly Route[]>;
  /** By event schema, sorted by plan name. */
  readonly triggers: ReadonlyMap<string, readonly Trigger[]>;
  /** By name, `ALIAS@VERSION`. */
  readonly secrets: ReadonlyMap<string, SecretDefinition>;
  readonly inboxes: readonly Inbox[];
}

/** A module that answers a question. */
export interface PureModule {
  readonly module: ModuleDefinition;
  readonly input: Schema;
  readonly output: Schema;
  readonly wantsContext: boolean;
}

/** Who gets what an outside source sends. */
export interface Inbox {
  readonly source: string;
  readonly module: string;
}

export interface Reducer {
  readonly module: ModuleDefinition;
  readonly state: Schema;
  readonly event: Schema;
  /** Null for a reducer with a single cell. */
  readonly key: Schema | null;
  /** Whether the module declares a call context. */
  readonly wantsContext: boolean;
  /** Slot -> grant, from `module_bindings`. */
  readonly bindings: ReadonlyMap<string, Grant>;
  /** Receipt event schema (`sys/TimerFired@1`, ...) -> arm of the event that takes it, or null for the event itself. */
  readonly receiptArms: ReadonlyMap<string, string | null>;
}

export interface Plan {
  readonly definition: PlanDefinition;
  /** Node hash of the normalised plan; instances are pinned by it. */
  readonly hash: Hash;
  readonly input: Schema;
  readonly output: Schema | null;
}

export interface Effect {
  readonly definition: EffectDefinition;
  readonly params: Schema;
  readonly receipt: Schema;
}

export interface Grant {
  readonly name: string;
  readonly cap: CapDefinition;
  /** Canonical bytes of the parameters. */
  readonly params: Uint8Array;
  readonly expiryNs: bigint | null;
  /** AIR's grant hash. */
  readonly hash: Hash;
}

/** Where events of one schema go. */
export interface Route {
  readonly reducer: Reducer;
  /** Arm that wraps the event, or null when it is delivered as it is. */
  readonly arm: string | null;
  /**
   * Where the cell key is read from: a path into the event (`wrapped` false) or into the wrapped value
   * (`wrapped` true, starting at `$value`). Null: the event's own key, for receipts and un-keyed reducers.
   */
  readonly keyPath: readonly string[] | null;
  readonly keyWrapped: boolean;
}

export interface Trigger {
  readonly plan: Plan;
  /** Path into the event, or null. */
  readonly correlateBy: readonly string[] | null;
}
