/** One definition from JSON of its shape. A new kind is one more file and one more line here. */

import type { JsonObject } from "../../values/json.ts";
import type { Definition, DefinitionKind, ManifestDefinition, PlanDefinition } from "../definitions.ts";
import type { Report } from "../source.ts";
import { parseCap } from "./cap.ts";
import { parseEffect } from "./effect.ts";
import { Fields } from "./fields.ts";
import { parseManifest } from "./manifest.ts";
import { parseModule } from "./module.ts";
import { parsePlan, type Slot } from "./plan.ts";
import { parsePolicy } from "./policy.ts";
import { parseSchema } from "./schema.ts";
import { parseSecret } from "./secret.ts";

/** A definition before its plan slots are typed. */
export type Draft = Exclude<Definition, PlanDefinition> | PlanDefinition<Slot> | ManifestDefinition;

type Parser = (fields: Fields, report: Report) => Draft | null;

const PARSERS: ReadonlyMap<DefinitionKind, Parser> = new Map<DefinitionKind, Parser>([
  ["defschema", parseSchema],
  ["defmodule", parseModule],
  ["defplan", parsePlan],
  ["defeffect", parseEffect],
  ["defcap", parseCap],
  ["defpolicy", parsePolicy],
  ["defsecret", parseSecret],
  ["manifest", parseManifest],
]);

/**
 * Null when something was reported. Throws `definition.invalid` (kind `corrupt`) for JSON that is not of the
 * kind's shape: that is checked before, or the definition was recorded by us.
 */
export function parseDefinition(kind: DefinitionKind, json: JsonObject, report: Report): Draft | null {
  return PARSERS.get(kind)!(new Fields(json, ""), report);
}
