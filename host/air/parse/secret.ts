import { isHash } from "../../values/hash.ts";
import type { SecretDefinition } from "../definitions.ts";
import type { Fields } from "./fields.ts";

export function parseSecret(fields: Fields): SecretDefinition {
  const digest = fields.optionalText("expected_digest");
  return {
    kind: "defsecret",
    name: fields.text("name"),
    bindingId: fields.text("binding_id"),
    expectedDigest: digest !== null && isHash(digest) ? digest : null,
    allowedCaps: fields.texts("allowed_caps"),
    allowedPlans: fields.texts("allowed_plans"),
  };
}
