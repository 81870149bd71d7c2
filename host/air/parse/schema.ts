import type { SchemaDefinition } from "../definitions.ts";
import type { Report } from "../source.ts";
import type { Fields } from "./fields.ts";
import { parseTypeField } from "./type.ts";

export function parseSchema(fields: Fields, report: Report): SchemaDefinition | null {
  const type = parseTypeField(fields, "type", report);
  return type === undefined ? null : { kind: "defschema", name: fields.text("name"), type };
}
