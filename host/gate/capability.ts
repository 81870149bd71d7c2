/** The first half of the gate: whether the grant covers this effect, with these parameters, now. */

import type { SecretDefinition } from "../air/definitions.ts";
import type { Effect, Grant, PureModule } from "../air/manifest.ts";
import { ALLOW_ALL } from "../air/parse/cap.ts";
import type { Origin } from "../journal/origin.ts";
import type { LogicalTimeNs } from "../values/brand.ts";
import { LIMITS } from "../values/limits.ts";
import { plain } from "../values/quote.ts";
import { askModule, type RunPure } from "./module.ts";
import {
  type Denial,
  denial,
  type EnforcerRequest,
  InvalidGrant,
  type NativeEnforcer,
} from "./native/enforcer.ts";
import { NATIVE_ENFORCERS } from "./native/native.ts";
import { checkSecrets } from "./secrets.ts";

export interface GateRequest {
  readonly effect: Effect;
  readonly grant: Grant;
  /** Canonical bytes of the effect's parameters. */
  readonly params: Uint8Array;
  readonly origin: Origin;
  readonly nowNs: LogicalTimeNs;
}

/** What the gate knows of the world it stands in. */
export interface GateWorld {
  readonly secrets: ReadonlyMap<string, SecretDefinition>;
  readonly pureModules: ReadonlyMap<string, PureModule>;
  /** `agentos`: a capability that names no enforcer is not checked by one. */
  readonly compat: "none" | "agentos";
  readonly run: RunPure;
}

export interface CapabilityDecision {
  readonly decision: "allow" | "deny";
  readonly denyCode: string | null;
  readonly denyMessage: string | null;
  /** Who looked at the parameters: a module, an enforcer of the host, or `sys/CapAllowAll@1` for nobody. */
  readonly enforcer: string;
}

/**
 * The enforcer, then the expiry, then the secrets: the first refusal ends it. A grant is dead from its expiry on.
 * The order is that of docs/air.md, "Capabilities and policy".
 */
export function checkCapability(world: GateWorld, request: GateRequest): CapabilityDecision {
  const { effect, grant, params, origin, nowNs } = request;
  const { refusal, enforcer } = enforce(world, request);
  const refused =
    refusal ?? expired(grant, nowNs) ?? checkSecrets(world.secrets, effect.params, params, grant, origin);
  if (refused === null) return { decision: "allow", denyCode: null, denyMessage: null, enforcer };
  const denyMessage = plain(refused.message, LIMITS.faultTextMax - 1);
  return { decision: "deny", denyCode: refused.code, denyMessage, enforcer };
}

function expired({ name, expiryNs }: Grant, nowNs: LogicalTimeNs): Denial | null {
  if (expiryNs === null || nowNs < expiryNs) return null;
  return denial("expired", `the grant '${name}' expired at ${expiryNs}, it is ${nowNs}`);
}

interface Enforced {
  readonly refusal: Denial | null;
  readonly enforcer: string;
}

/**
 * The host's own enforcer of a capability type is asked whatever the definition says, and instead of the module
 * it stands for; a module of the world is asked behind it. `compat` spares definitions that name none.
 */
function enforce(world: GateWorld, { effect, grant, params, origin, nowNs }: GateRequest): Enforced {
  const named = grant.cap.enforcer;
  const { effectKind } = effect.definition;
  const request: EnforcerRequest = { effectKind, grant, params, nowNs };
  const native = NATIVE_ENFORCERS.get(grant.cap.capType);
  const own = named !== ALLOW_ALL && named !== native?.name;
  const spared = named === ALLOW_ALL && world.compat === "agentos";
  if (native !== undefined && !spared && (!own || knows(native, effectKind))) {
    const refusal = askNative(native, request);
    if (refusal !== null || !own) return { refusal, enforcer: native.name };
  }
  if (!own) return { refusal: null, enforcer: named };
  return { refusal: askModule(world.pureModules.get(named), request, origin, world.run), enforcer: named };
}

/** An enforcer that lists no kinds knows what it needs of any. */
function knows({ effectKinds }: NativeEnforcer, effectKind: string): boolean {
  return effectKinds.length === 0 || effectKinds.includes(effectKind);
}

function askNative(native: NativeEnforcer, request: EnforcerRequest): Denial | null {
  const { effectKind, grant } = request;
  if (!knows(native, effectKind)) {
    const message = `grants of type ${grant.cap.capType} cover ${native.effectKinds.join(", ")}, not ${effectKind}`;
    return denial("effect_kind_mismatch", message);
  }
  try {
    return native.check(request);
  } catch (error) {
    if (!(error instanceof InvalidGrant)) throw error;
    const message = `the parameter ${error.field} of the grant '${grant.name}' is not of the form ${native.name} reads`;
    return denial("cap_params_invalid", message);
  }
}
