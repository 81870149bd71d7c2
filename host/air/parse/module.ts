import { isHash, ZERO_HASH } from "../../values/hash.ts";
import { plain } from "../../values/quote.ts";
import type { ModuleDefinition, PureAbi, ReducerAbi } from "../definitions.ts";
import type { Report } from "../source.ts";
import type { Fields } from "./fields.ts";

const KINDS = ["reducer", "workflow", "pure"] as const;

/**
 * AIR takes a module with another ABI than its kind says, or with both, or with none: it is only warned of
 * (`module.abi`). The workflow spelling is taken whole or not at all (`module.abi_word`).
 */
export function parseModule(fields: Fields, report: Report): ModuleDefinition | null {
  const moduleKind = fields.oneOf("module_kind", KINDS);
  const abi = fields.fields("abi");
  const given = KINDS.filter((kind) => abi.json.has(kind));
  const stateful = moduleKind === "workflow" ? "workflow" : "reducer";
  const mixed = given.some((kind) => kind !== stateful && kind !== "pure");
  if (given.length !== 1 || given[0] !== moduleKind) {
    const found = given.length === 0 ? "none" : given.join(" and ");
    report({
      code: mixed ? "module.abi_word" : "module.abi",
      pointer: abi.pointer,
      message: `a module of kind ${moduleKind} has the ABI ${moduleKind}, found ${plain(found)}`,
      expected: moduleKind,
      found,
      hint: `describe the module under abi.${moduleKind}`,
    });
  }
  if (mixed) return null;
  const hash = fields.json.get("wasm_hash");
  return {
    kind: "defmodule",
    name: fields.text("name"),
    moduleKind,
    wasmHash: typeof hash === "string" && isHash(hash) ? hash : ZERO_HASH,
    keySchema: fields.optionalText("key_schema"),
    reducer: given.includes(stateful) ? parseReducerAbi(abi.fields(stateful)) : null,
    pure: given.includes("pure") ? parsePureAbi(abi.fields("pure")) : null,
  };
}

function parseReducerAbi(fields: Fields): ReducerAbi {
  return {
    state: fields.text("state"),
    event: fields.text("event"),
    context: fields.optionalText("context"),
    annotations: fields.optionalText("annotations"),
    effectsEmitted: fields.texts("effects_emitted"),
    capSlots: fields.textMap("cap_slots"),
  };
}

function parsePureAbi(fields: Fields): PureAbi {
  return {
    input: fields.text("input"),
    output: fields.text("output"),
    context: fields.optionalText("context"),
  };
}
