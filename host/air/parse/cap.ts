import type { CapDefinition } from "../definitions.ts";
import type { Report } from "../source.ts";
import type { Fields } from "./fields.ts";
import { parseTypeField } from "./type.ts";

/** The enforcer that checks nothing: a name only, there is no such module. */
export const ALLOW_ALL = "sys/CapAllowAll@1";

export function parseCap(fields: Fields, report: Report): CapDefinition | null {
  const schema = parseTypeField(fields, "schema", report);
  if (schema === undefined) return null;
  return {
    kind: "defcap",
    name: fields.text("name"),
    capType: fields.text("cap_type"),
    schema,
    enforcer: fields.optionalFields("enforcer")?.text("module") ?? ALLOW_ALL,
  };
}
