/** What a first manifest gets wrong, and what its author is told to write. */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadWorldDefinitions } from "../../host/air/load.ts";
import { AirloomError, type Diagnostic } from "../../host/values/errors.ts";

const FOLDER = new URL("../../air/worlds/retry-backoff/", import.meta.url);

/** What stands in the retry world's files at `<file>/<member>/...` from now on; undefined for nothing. */
type Change = readonly [path: string, value: unknown];

/** Everything the retry world is told with these changes. */
function toldOf(...changes: readonly Change[]): readonly Diagnostic[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith(".air.json"));
  const files: Record<string, unknown> = {};
  for (const name of names) {
    files[name.replace(".air.json", "")] = JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));
  }
  for (const [path, value] of changes) {
    const segments = path.split(" ");
    const last = segments.pop()!;
    const inner = segments.reduce((at: unknown, segment) => (at as Record<string, unknown>)[segment], files);
    (inner as Record<string, unknown>)[last] = value;
  }
  const texts = Object.entries(files).map(([name, json]) => ({
    path: `${name}.air.json`,
    text: JSON.stringify(json, null, 2),
  }));
  try {
    return loadWorldDefinitions(texts, null).warnings;
  } catch (error) {
    if (error instanceof AirloomError) return error.diagnostics;
    throw error;
  }
}

const REQ_ID = "schemas 0 type record req_id";
const KINDS = "module abi reducer effects_emitted";
const VALUE = "plans steps 0 value";
const assign = (expr: unknown, bind: unknown) => ({ id: "fail", op: "assign", expr, bind });

const CASES: readonly (readonly [
  what: string,
  path: string,
  value: unknown,
  code: string,
  advice: string,
])[] = [
  ["a version that is a number", "manifest air_version", 1, "shape.value", 'write "1", in quotes'],
  ["no version", "manifest air_version", undefined, "shape.missing_field", 'write "air_version": "1"'],
  ["no list of modules", "manifest modules", undefined, "shape.missing_field", '"modules": []'],
  ["a name for an entry", "manifest schemas 0", "demo/A@1", "shape.type", '{"name": "demo/A@1"}'],
  ["a grant for slots", "manifest module_bindings demo/RetrySM@1", "g", "shape.type", '{"default": "g"}'],
  ["routes for routing", "manifest routing", [], "shape.type", '{"events": [...]}'],
  ["a path with a typo", "manifest triggers 0 correlate_by", "reqid", "trigger.correlate_by", '"req_id"?'],
  [
    "another event",
    "manifest triggers 0 event",
    "demo/WorkOk@1",
    "trigger.input_mismatch",
    "a plan of its own",
  ],
  ["no parameters", "manifest defaults cap_grants 0 params", undefined, "shape.missing_field", '"params": {'],
  ["no schema of parameters", "capabilities schema", undefined, "shape.missing_field", '"schema": {"record"'],
  ["no condition", "policies rules 0 when", undefined, "shape.missing_field", '"when": {}'],
  [
    "part of an effect's kind",
    "policies rules 0 when",
    { effect_kind: "timer" },
    "reference.effect",
    "timer.set?",
  ],
  ["part of a kind", "plans $kind", "plan", "definition.kind", "did you mean defplan?"],
  ["no ABI", "module abi", undefined, "shape.missing_field", '"abi": {"reducer": {"state": NAME'],
  ["a hash cut short", "module wasm_hash", "sha256:ab", "shape.pattern", "leave it out"],
  ["an effect's name", KINDS, ["sys/timer.set@1"], "effect.unlisted", "did you mean timer.set?"],
  ["an effect nobody lists", "manifest effects", [], "effect.unlisted", 'add "sys/timer.set@1" to "effects"'],
  ["an effect nobody defines", KINDS, ["mail.send"], "effect.unlisted", "define an effect of this kind"],
  ["a type by its name", REQ_ID, "text", "type.shape", 'write {"text": {}}'],
  ["a schema by its name", REQ_ID, "demo/WorkOk@1", "type.shape", 'write {"ref": "demo/WorkOk@1"}'],
  ["a type of another language", REQ_ID, { string: {} }, "type.unknown", 'did you mean "text"?'],
  ["a map without key", REQ_ID, { map: { text: {} } }, "type.shape", 'write {"map": {"key"'],
  ["part of an operation", "plans steps 0 op", "raise", "shape.value", "did you mean raise_event?"],
  ["no @", VALUE, { record: { req_id: { ref: "var:x" } } }, "expr.reference", 'did you mean "@var:x"?'],
  [
    "a typo",
    VALUE,
    { record: { a: { ref: "@plan.input.reqid" } } },
    "plan.unknown_reference",
    "input.req_id",
  ],
  ["an operator", "plans steps 0", assign({ op: "+", args: [] }, { as: "x" }), "expr.operator", "one of len"],
  ["a variable for a binding", "plans steps 0", assign({ nat: 1 }, "x"), "shape.type", 'write {"as": "x"}'],
];

describe("a manifest is told what to write for", () => {
  test("nothing, when there is nothing wrong with it", () => {
    expect(toldOf()).toEqual([]);
  });

  test.each(CASES)("%s", (_what, path, value, code, advice) => {
    const told = toldOf([path, value]).find((each) => each.code === code);
    expect(`${told?.hint ?? ""} ${told?.expected ?? ""}`).toContain(advice);
  });
});
