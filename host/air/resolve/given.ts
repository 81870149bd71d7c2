/** What the resolver works on: definitions by kind and name, with the places they were read from. */

import type {
  CapDefinition,
  EffectDefinition,
  ManifestDefinition,
  ModuleDefinition,
  PlanDefinition,
  PolicyDefinition,
  SchemaDefinition,
  SecretDefinition,
} from "../definitions.ts";
import type { Slot } from "../parse/plan.ts";
import type { Sourced } from "../source.ts";

export type PlanDraft = PlanDefinition<Slot>;

/** Each list of the manifest and the kind of definition it holds. */
export interface Kinds {
  readonly schemas: SchemaDefinition;
  readonly modules: ModuleDefinition;
  readonly plans: PlanDraft;
  readonly effects: EffectDefinition;
  readonly caps: CapDefinition;
  readonly policies: PolicyDefinition;
  readonly secrets: SecretDefinition;
}

export type ByName<Definition> = ReadonlyMap<string, Sourced<Definition>>;

/** Definitions by list and name. */
export type DefinitionSet = { readonly [List in keyof Kinds]: ByName<Kinds[List]> };

export interface Given {
  readonly manifest: Sourced<ManifestDefinition>;
  /** All that was read, listed or not. */
  readonly definitions: DefinitionSet;
  /** Names of definitions that were read but have faults of their own: no further fault says they are missing. */
  readonly broken: ReadonlySet<string>;
}

/** A set to be filled. */
export function emptySet(): { [List in keyof Kinds]: Map<string, Sourced<Kinds[List]>> } {
  return {
    schemas: new Map(),
    modules: new Map(),
    plans: new Map(),
    effects: new Map(),
    caps: new Map(),
    policies: new Map(),
    secrets: new Map(),
  };
}
