import type { PolicyDefinition, PolicyRule } from "../definitions.ts";
import { Fields } from "./fields.ts";

export function parsePolicy(fields: Fields): PolicyDefinition {
  const rules = fields.items("rules").map(([json, pointer]) => parseRule(new Fields(json, pointer)));
  return { kind: "defpolicy", name: fields.text("name"), rules };
}

function parseRule(fields: Fields): PolicyRule {
  const when = fields.fields("when");
  const effectKind = when.optionalText("effect_kind");
  const capName = when.optionalText("cap_name");
  const capType = when.optionalText("cap_type");
  const originKind = when.json.has("origin_kind")
    ? when.oneOf("origin_kind", ["plan", "reducer", "workflow"])
    : null;
  const originName = when.optionalText("origin_name");
  return {
    when: {
      ...(effectKind === null ? {} : { effectKind }),
      ...(capName === null ? {} : { capName }),
      ...(capType === null ? {} : { capType }),
      ...(originKind === null ? {} : { originKind }),
      ...(originName === null ? {} : { originName }),
    },
    decision: fields.oneOf("decision", ["allow", "deny"]),
  };
}
