/** `llm.basic`: which model is asked, for how many tokens, with which tool. */

import { quote } from "../../values/quote.ts";
import {
  type Denial,
  denial,
  type Fields,
  fieldsOf,
  listOf,
  type NativeEnforcer,
  numberOf,
  perGrant,
  someOf,
} from "./enforcer.ts";

const readGrant = perGrant((fields) => ({
  providers: listOf(fields, "providers"),
  models: listOf(fields, "models"),
  maxTokens: numberOf(fields, "max_tokens"),
  tools: listOf(fields, "tools_allow"),
}));

export const llmEnforcer: NativeEnforcer = {
  name: "sys/CapEnforceLlmBasic@1",
  effectKinds: ["llm.generate"],
  check({ grant, params }) {
    const allowed = readGrant(grant);
    const asked = fieldsOf(params);
    return (
      checkName(allowed.providers, asked, "provider") ??
      checkName(allowed.models, asked, "model") ??
      checkTokens(allowed.maxTokens, asked) ??
      checkTool(allowed.tools, asked)
    );
  },
};

function checkName(allowed: readonly string[] | null, asked: Fields, field: string): Denial | null {
  const name = asked.get(field);
  if (typeof name !== "string") return denial("effect_params_invalid", `the request names no ${field}`);
  if (allowed === null || allowed.includes(name)) return null;
  return denial(`${field}_not_allowed`, `the ${field} ${quote(name)} is none of ${someOf(allowed)}`);
}

function checkTokens(max: bigint | null, asked: Fields): Denial | null {
  const tokens = asked.get("max_tokens");
  if (typeof tokens !== "bigint") return denial("effect_params_invalid", "the request limits no tokens");
  if (max === null || tokens <= max) return null;
  return denial("max_tokens_exceeded", `${tokens} tokens are asked for, the grant has ${max}`);
}

/** Only a tool that is demanded by name is held against the list, as in AgentOS. */
function checkTool(allowed: readonly string[] | null, asked: Fields): Denial | null {
  if (allowed === null) return null;
  const choice = asked.get("tool_choice") ?? null;
  const payload = choice instanceof Map && choice.get("$tag") === "Tool" ? choice.get("$value") : null;
  if (!(payload instanceof Map)) return null;
  const name = (payload as Fields).get("name");
  if (typeof name !== "string" || allowed.includes(name)) return null;
  return denial("tool_not_allowed", `the tool ${quote(name)} is none of ${someOf(allowed)}`);
}
