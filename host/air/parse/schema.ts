import { parseType } from "../../values/type-json.ts";
import type { SchemaDefinition } from "../definitions.ts";
import type { Report } from "../source.ts";
import type { Fields } from "./fields.ts";

export function parseSchema(fields: Fields, report: Report): SchemaDefinition | null {
  const type = parseType(fields.value("type"), fields.at("type"), report);
  return type === undefined ? null : { kind: "defschema", name: fields.text("name"), type };
}
