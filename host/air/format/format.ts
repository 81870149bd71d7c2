/** AIR files in the one way they are written: what they mean, and their hashes, stay. */

import { bug } from "../../values/errors.ts";
import { isJsonArray, type Json } from "../../values/json.ts";
import { sameJson } from "../../values/json-same.ts";
import type { SourceFile } from "../load.ts";
import { FaultList } from "../source.ts";
import { parseJsonText } from "../text/parse.ts";
import { layoutJson } from "./layout.ts";
import { orderDefinition, orderSettings } from "./members.ts";

/** What a file holds: definitions (one, an array of them, or nothing) or a world's settings. */
export type FileContent = "definitions" | "settings";

/**
 * The file's text with members in AIR's order, two spaces a level and short parts on one line. `change` may
 * give another JSON for each definition. Formatting twice changes nothing. Throws `manifest.invalid` with
 * every fault for a text that is not JSON, or not only one thing by each key.
 */
export function formatFile(
  file: SourceFile,
  content: FileContent,
  change: (definition: Json) => Json = (json) => json,
): string {
  if (file.text.trim() === "") return file.text;
  const json = readJson(file);
  if (content === "settings") return checked(json, layoutJson(orderSettings(json), 1));
  const changed = isJsonArray(json) ? json.map(change) : change(json);
  if (!isJsonArray(changed)) return checked(changed, layoutJson(orderDefinition(changed), 1));
  return checked(changed, layoutJson(changed.map(orderDefinition), 2));
}

function readJson({ path, text }: SourceFile): Json {
  const faults = new FaultList();
  const { json } = parseJsonText(path, text, (origin) => faults.at(origin));
  faults.throwIfFailed();
  return json;
}

/** What was written must say what was to be written. */
function checked(json: Json, text: string): string {
  if (!sameJson(json, readJson({ path: "", text }))) throw bug("formatting changed what a file says");
  return text;
}
