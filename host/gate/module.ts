/** Enforcers that are modules of a world: pure, asked with `sys/CapCheckInput@1` (docs/air.md, "Capabilities and policy"). */

import type { PureModule } from "../air/manifest.ts";
import type { Origin } from "../journal/origin.ts";
import { AirloomError } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";
import { plain } from "../values/quote.ts";
import { record, text, type Value } from "../values/value.ts";
import { type Denial, denial, type EnforcerRequest } from "./native/enforcer.ts";

/** What a call of a pure module gave: canonical bytes or not, or why there are none. */
export type PureAnswer =
  | { readonly ok: true; readonly output: Uint8Array }
  | { readonly ok: false; readonly fault: { readonly code: string; readonly message: string } };

/** Runs pure modules of the world. Throws an `AirloomError` of kind `host` when the engine failed. */
export type RunPure = (module: PureModule, input: Uint8Array) => PureAnswer;

const INPUT = "sys/CapCheckInput@1";
const OUTPUT = "sys/CapCheckOutput@1";

/**
 * Null when the module agrees. A module that is missing, of another kind, or that does not answer denies with
 * `enforcer_error`; one that refuses without a reason with `constraints_failed`.
 */
export function askModule(
  module: PureModule | undefined,
  request: EnforcerRequest,
  origin: Origin,
  run: RunPure,
): Denial | null {
  const { enforcer } = request.grant.cap;
  if (module === undefined) return broken(enforcer, "there is no such pure module");
  if (module.input.name !== INPUT || module.output.name !== OUTPUT) {
    return broken(enforcer, `it goes from ${module.input.name} to ${module.output.name}`);
  }
  const answer = run(module, module.input.encode(inputOf(request, origin)));
  if (!answer.ok) return broken(enforcer, `${answer.fault.code} ${answer.fault.message}`);
  try {
    return verdictOf(module.output.decode(module.output.normalize(answer.output)));
  } catch (error) {
    if (!(error instanceof AirloomError) || error.code !== "value.invalid") throw error;
    return broken(enforcer, `it answered something that is no ${OUTPUT}`);
  }
}

function broken(enforcer: string, why: string): Denial {
  return denial("enforcer_error", plain(`the enforcer ${enforcer} failed: ${why}`, LIMITS.faultTextMax - 1));
}

function inputOf({ effectKind, grant, params, nowNs }: EnforcerRequest, origin: Origin): Value {
  return record([
    ["cap_def", text(grant.cap.name)],
    ["grant_name", text(grant.name)],
    ["cap_params", { kind: "bytes", value: grant.params }],
    ["effect_kind", text(effectKind)],
    ["effect_params", { kind: "bytes", value: params }],
    [
      "origin",
      record([
        ["kind", text(origin.kind)],
        ["name", text(origin.name)],
      ]),
    ],
    ["logical_now_ns", { kind: "nat", value: nowNs }],
  ]);
}

function verdictOf(output: Value): Denial | null {
  const answered = fields(output);
  const agrees = answered.get("constraints_ok");
  if (agrees?.kind === "bool" && agrees.value) return null;
  const deny = answered.get("deny");
  if (deny?.kind !== "record") return denial("constraints_failed", "the enforcer refused without a reason");
  const word = (name: string): string => {
    const value = deny.fields.get(name);
    return value?.kind === "text" ? plain(value.value, LIMITS.faultTextMax - 1) : "";
  };
  return denial(word("code"), word("message"));
}

function fields(value: Value): ReadonlyMap<string, Value> {
  return value.kind === "record" ? value.fields : new Map();
}
