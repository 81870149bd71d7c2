/**
 * What AgentOS gave AIR after the plan era: the workflow catalogue and AIR v2. None of it is read here, and
 * each part is refused by name, saying what it is and what to write instead.
 */

import { isJsonObject, type JsonObject } from "../values/json.ts";
import { quote } from "../values/quote.ts";
import type { Fault } from "./source.ts";

/** Built-ins of the workflow catalogue, by the families of their names. */
const BUILTINS: readonly RegExp[] = [
  /^sys\/(Host[A-Z]|Portal|Pending[A-Z]|EffectReceipt|EffectStream|WorkspaceWriteRef|IntrospectWorkflow)/,
  /^sys\/(host|portal)\./,
  /^sys\/(workspace\.write_ref|introspect\.workflow_state)@/,
];

const EFFECTS = /^((host|portal)\..*|workspace\.write_ref|introspect\.workflow_state)$/;

const PLAN_ERA = "the plan-era catalogue, which docs/air.md lists";

/** The fault for a name of a later built-in; null for any other. */
export function laterBuiltin(name: string, pointer: string): Fault | null {
  if (!BUILTINS.some((family) => family.test(name))) return null;
  return {
    code: "later.builtin",
    pointer,
    message: `${quote(name)} belongs to AgentOS's workflow catalogue, which came after the plan era`,
    expected: PLAN_ERA,
    found: quote(name),
    hint: instead(name),
  };
}

/** The same for an effect kind. */
export function laterEffect(kind: string, pointer: string): Fault | null {
  if (!EFFECTS.test(kind)) return null;
  return {
    code: "later.builtin",
    pointer,
    message: `the effect ${quote(kind)} belongs to AgentOS's workflow catalogue, which came after the plan era`,
    expected: PLAN_ERA,
    found: quote(kind),
    hint: instead(kind),
  };
}

function instead(name: string): string {
  if (name.includes("EffectReceipt")) {
    return "receipts arrive as sys/TimerFired@1, sys/BlobPutResult@1 and sys/BlobGetResult@1";
  }
  if (/introspect/i.test(name)) return "it is sys/introspect.reducer_state@1 here";
  if (/write_?ref/i.test(name)) return "write the bytes with sys/workspace.write_bytes@1";
  return "define an effect of your own for it";
}

/** Words of enumerations that came later, and what each is. */
export const LATER_WORDS: ReadonlyMap<string, string> = new Map([
  ["system", "an origin of the workflow era"],
  ["governance", "an origin of the workflow era"],
  ["spawn_plan", "a step of the last plans AgentOS had"],
  ["spawn_for_each", "a step of the last plans AgentOS had"],
  ["await_plan", "a step of the last plans AgentOS had"],
  ["await_plans_all", "a step of the last plans AgentOS had"],
]);

export function laterWord(pointer: string, word: string, allowed: readonly string[]): Fault {
  return {
    code: "later.word",
    pointer,
    message: `${word} is ${LATER_WORDS.get(word)}, and is not known here`,
    expected: `one of ${allowed.join(", ")}`,
    found: word,
  };
}

/** Fields of the manifest that came later. */
const FIELDS: ReadonlyMap<string, string> = new Map([
  ["effect_bindings", "adapters are chosen by effect kind in world.json, not in the manifest"],
]);

/** What a manifest says that came later; each fault once. */
export function laterFields(manifest: JsonObject): readonly Fault[] {
  return [...FIELDS].flatMap(([field, hint]) => {
    if (!manifest.has(field)) return [];
    const message = `${field} belongs to the workflow era of AgentOS, and is not read here`;
    return [{ code: "later.field", pointer: `/${field}`, part: "key" as const, message, found: field, hint }];
  });
}

/** The manifest without what `laterFields` tells. */
export function withoutLaterFields(manifest: JsonObject): JsonObject {
  return new Map([...manifest].filter(([field]) => !FIELDS.has(field)));
}

/** The fault for a definition of AIR v2: one by its kind, its version or its fields. Null for any other. */
export function airV2(json: JsonObject): Fault | null {
  const sign = signOfV2(json);
  if (sign === null) return null;
  return {
    code: "later.air_v2",
    pointer: sign.pointer,
    message: `this is AIR v2 (${sign.found}), and Airloom reads AIR v1; neither reads the other`,
    expected: 'AIR v1: "air_version": "1", modules with module_kind and abi',
    found: sign.found,
    hint:
      "v2 has defworkflow in place of a module's abi, names effects in place of kinds, and has no plans, " +
      "capabilities, policies or triggers: write the state machines as reducers, and grant their effects",
  };
}

function signOfV2(json: JsonObject): { readonly pointer: string; readonly found: string } | null {
  const kind = json.get("$kind");
  if (kind === "defworkflow" || kind === "defop") return { pointer: "/$kind", found: kind };
  if (kind === "manifest") {
    if (json.get("air_version") === "2") return { pointer: "/air_version", found: "air_version 2" };
    const list = ["workflows", "ops"].find((field) => json.has(field));
    if (list !== undefined) return { pointer: `/${list}`, found: `the list ${list}` };
  }
  if (kind === "defmodule" && isJsonObject(json.get("runtime") ?? null)) {
    return { pointer: "/runtime", found: "a module with runtime" };
  }
  if (kind === "defeffect" && isJsonObject(json.get("impl") ?? null)) {
    return { pointer: "/impl", found: "an effect with impl" };
  }
  return null;
}
