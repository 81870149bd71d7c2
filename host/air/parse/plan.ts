import type { Json } from "../../values/json.ts";
import type { Edge, Expr, PlanDefinition, Step } from "../definitions.ts";
import type { Report } from "../source.ts";
import { parseExpr } from "./expr.ts";
import { Fields } from "./fields.ts";

/** An expression or a value as it was written: what it is depends on the type its slot has. */
export interface Slot {
  readonly json: Json;
  /** JSON pointer into the plan. */
  readonly pointer: string;
}

const OPS = ["raise_event", "emit_effect", "await_receipt", "await_event", "assign", "end"] as const;

/** Every expression fault is reported; null when there was one. */
export function parsePlan(fields: Fields, report: Report): PlanDefinition<Slot> | null {
  const steps = fields.items("steps").map(([json, pointer]) => parseStep(new Fields(json, pointer), report));
  const edges = fields.items("edges").map(([json, pointer]) => parseEdge(new Fields(json, pointer), report));
  const invariants = fields.items("invariants").map(([json, pointer]) => parseExpr(json, pointer, report));
  if (!steps.every(isWhole) || !edges.every(isWhole) || !invariants.every(isWhole)) return null;
  return {
    kind: "defplan",
    name: fields.text("name"),
    input: fields.text("input"),
    output: fields.optionalText("output"),
    locals: fields.textMap("locals"),
    steps,
    edges,
    requiredCaps: fields.texts("required_caps"),
    allowedEffects: fields.texts("allowed_effects"),
    invariants,
  };
}

function parseStep(fields: Fields, report: Report): Step<Slot> | null {
  const id = fields.text("id");
  const op = fields.oneOf("op", OPS);
  switch (op) {
    case "raise_event":
      return { op, id, event: fields.text("event"), value: slot(fields, "value") };
    case "emit_effect":
      return {
        op,
        id,
        kind: fields.text("kind"),
        params: slot(fields, "params"),
        cap: fields.text("cap"),
        idempotencyKey: optionalSlot(fields, "idempotency_key"),
        bindEffectIdAs: fields.fields("bind").text("effect_id_as"),
      };
    case "await_receipt": {
      const handle = parseExpr(fields.value("for"), fields.at("for"), report);
      const bind = fields.fields("bind");
      const bindAs = bind.text("as");
      return handle && { op, id, for: handle, bindAs, bindStatusAs: bind.optionalText("status_as") };
    }
    case "await_event": {
      const where = optionalExpr(fields, "where", report);
      if (where === undefined) return null;
      return { op, id, event: fields.text("event"), where, bindAs: fields.fields("bind").text("as") };
    }
    case "assign":
      return { op, id, expr: slot(fields, "expr"), bindAs: fields.fields("bind").text("as") };
    case "end":
      return { op, id, result: optionalSlot(fields, "result") };
  }
}

function parseEdge(fields: Fields, report: Report): Edge | null {
  const when = optionalExpr(fields, "when", report);
  return when === undefined ? null : { from: fields.text("from"), to: fields.text("to"), when };
}

function slot(fields: Fields, name: string): Slot {
  return { json: fields.value(name), pointer: fields.at(name) };
}

function optionalSlot(fields: Fields, name: string): Slot | null {
  return fields.json.has(name) ? slot(fields, name) : null;
}

/** Null when absent, undefined when something was reported. */
function optionalExpr(fields: Fields, name: string, report: Report): Expr | null | undefined {
  if (!fields.json.has(name)) return null;
  return parseExpr(fields.value(name), fields.at(name), report) ?? undefined;
}

function isWhole<Part>(part: Part | null): part is Part {
  return part !== null;
}
