/** Grants and effects of the built-in catalogue, as a world has them, for a gate without a world. */

import { catalogue } from "../../host/air/catalogue.ts";
import type { CapDefinition } from "../../host/air/definitions.ts";
import type { Effect, Grant, PureModule } from "../../host/air/manifest.ts";
import type { GateRequest, GateWorld } from "../../host/gate/capability.ts";
import { checkCapability } from "../../host/gate/capability.ts";
import type { Origin } from "../../host/journal/origin.ts";
import type { LogicalTimeNs } from "../../host/values/brand.ts";
import { ZERO_HASH } from "../../host/values/hash.ts";
import { grantHash } from "../../host/values/identity.ts";
import { fromNative } from "../../host/values/native.ts";
import { compileSchema, type Schema } from "../../host/values/schema.ts";
import type { Type } from "../../host/values/type.ts";

export const PLAN: Origin = { kind: "plan", name: "demo/P@1" };
export const NOW = 1_700_000_000_000_000_000n as LogicalTimeNs;

const lookup = (name: string): Type | undefined => catalogue().schemas.get(name)?.type;

export function schemaOf(name: string): Schema {
  return compileSchema(name, { kind: "ref", name }, lookup);
}

/** A built-in effect by its kind, or one of a world's own by what it takes. */
export function effectOf(
  effectKind: string,
  own?: { readonly capType: string; readonly type: Type },
): Effect {
  const builtin = catalogue().effects.get(`sys/${effectKind}@1`);
  if (own === undefined && builtin !== undefined) {
    const [params, receipt] = [schemaOf(builtin.paramsSchema), schemaOf(builtin.receiptSchema)];
    return { definition: builtin, params, receipt };
  }
  if (own === undefined) throw new Error(`no effect ${effectKind}`);
  return {
    definition: {
      kind: "defeffect",
      name: "demo/effect@1",
      effectKind,
      paramsSchema: "demo/Params@1",
      receiptSchema: "demo/Receipt@1",
      capType: own.capType,
      originScope: "both",
    },
    params: compileSchema("demo/Params@1", own.type, lookup),
    receipt: compileSchema("demo/Receipt@1", { kind: "unit" }, lookup),
  };
}

/** Canonical bytes of an effect's parameters, given as TypeScript writes them. */
export function params(effect: Effect, native: unknown): Uint8Array {
  return effect.params.encode(fromNative(effect.params, native));
}

/** A grant of a built-in capability, or of a definition. */
export function grantOf(
  name: string,
  cap: string | CapDefinition,
  native: unknown,
  expiryNs: bigint | null = null,
): Grant {
  const definition = typeof cap === "string" ? catalogue().caps.get(cap)! : cap;
  const schema = compileSchema(definition.name, definition.schema, lookup);
  const bytes = schema.encode(fromNative(schema, native));
  const { capType } = definition;
  const hash = grantHash({ defcapRef: definition.name, capType, params: bytes, expiryNs });
  return { name, cap: definition, params: bytes, expiryNs, hash };
}

/** A capability with the parameters of a built-in one and another enforcer. */
export function capLike(cap: string, enforcer: string): CapDefinition {
  return { ...catalogue().caps.get(cap)!, name: "demo/cap@1", enforcer };
}

export function gateWorld(parts: Partial<GateWorld> = {}): GateWorld {
  return {
    secrets: new Map(),
    pureModules: new Map(),
    compat: "none",
    run: () => {
      throw new Error("no module is to be asked");
    },
    ...parts,
  };
}

/** A pure module of this name; what it answers is the test's to say. */
export function pureModule(
  name: string,
  input = "sys/CapCheckInput@1",
  output = "sys/CapCheckOutput@1",
): PureModule {
  return {
    module: {
      kind: "defmodule",
      name,
      moduleKind: "pure",
      wasmHash: ZERO_HASH,
      keySchema: null,
      reducer: null,
      pure: { input, output, context: null },
    },
    input: schemaOf(input),
    output: schemaOf(output),
    wantsContext: false,
  };
}

/** What the capability check says: a deny code, or `allow`. */
export function verdict(request: Omit<GateRequest, "origin" | "nowNs">, world = gateWorld()): string {
  const decision = checkCapability(world, { origin: PLAN, nowNs: NOW, ...request });
  return decision.denyCode ?? decision.decision;
}
