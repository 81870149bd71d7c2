import { readFileSync } from "node:fs";
import { SCHEMA_FILES } from "../../host/air/text/shape.ts";

/** The JSON Schemas of air/schemas/ by file name. */
export function schemaDocuments(): ReadonlyMap<string, unknown> {
  const folder = new URL("../../air/schemas/", import.meta.url);
  return new Map(SCHEMA_FILES.map((file) => [file, JSON.parse(readFileSync(new URL(file, folder), "utf8"))]));
}
