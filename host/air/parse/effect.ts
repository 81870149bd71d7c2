import type { EffectDefinition } from "../definitions.ts";
import type { Fields } from "./fields.ts";

export function parseEffect(fields: Fields): EffectDefinition {
  return {
    kind: "defeffect",
    name: fields.text("name"),
    effectKind: fields.text("kind"),
    paramsSchema: fields.text("params_schema"),
    receiptSchema: fields.text("receipt_schema"),
    capType: fields.text("cap_type"),
    originScope: fields.oneOf("origin_scope", ["reducer", "workflow", "plan", "both"]),
  };
}
