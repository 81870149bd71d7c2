/** Plans, expressions and literals as parts of a node. */

import { toBase64 } from "../values/bytes.ts";
import type { Cbor } from "../values/cbor.ts";
import { isJsonObject, type Json, JsonNumber } from "../values/json.ts";
import { type Value, variantTag } from "../values/value.ts";
import type { Edge, Expr, ExprOrValue, PlanDefinition, Step } from "./definitions.ts";

type Fields = readonly (readonly [string, Cbor | undefined])[];

/** The fields of a plan but its name, in canonical order; undefined for what is absent. */
export function planFields(plan: PlanDefinition): Fields {
  return [
    ["edges", filled(plan.edges.map(edgeNode))],
    ["input", plan.input],
    ["steps", plan.steps.map(stepNode)],
    ["locals", plan.locals.size === 0 ? undefined : plan.locals],
    ["output", plan.output ?? undefined],
    ["invariants", filled(plan.invariants.map(exprToCbor))],
    ["required_caps", filled(plan.requiredCaps)],
    ["allowed_effects", filled(plan.allowedEffects)],
  ];
}

export function exprToCbor(expr: Expr): Cbor {
  switch (expr.kind) {
    case "const":
      return literalToCbor(expr.value);
    case "ref":
      return node([["ref", expr.text]]);
    case "op":
      return node([
        ["op", expr.op],
        ["args", expr.args.map(exprToCbor)],
      ]);
    case "record":
      return node([["record", new Map([...expr.fields].map(([name, field]) => [name, exprToCbor(field)]))]]);
    case "list":
    case "set":
      return node([[expr.kind, expr.items.map(exprToCbor)]]);
    case "map":
      return node([
        [
          "map",
          expr.entries.map(([key, value]) =>
            node([
              ["key", exprToCbor(key)],
              ["value", exprToCbor(value)],
            ]),
          ),
        ],
      ]);
    case "variant": {
      const value = expr.value === null ? undefined : exprToCbor(expr.value);
      return node([
        [
          "variant",
          node([
            ["tag", expr.tag],
            ["value", value],
          ]),
        ],
      ]);
    }
  }
}

/** A value in the tagged lens. Unlike an expression's variant, a literal's stands without `variant` around it. */
function literalToCbor(value: Value): Cbor {
  switch (value.kind) {
    case "unit":
    case "null":
      return node([["null", new Map()]]);
    case "bytes":
      return node([["bytes_b64", toBase64(value.value)]]);
    case "time":
      return node([["time_ns", value.value]]);
    case "duration":
      return node([["duration_ns", value.value]]);
    case "list":
    case "set":
      return node([[value.kind, value.items.map(literalToCbor)]]);
    case "map": {
      const entries = value.entries.map(([key, item]) =>
        node([
          ["key", literalToCbor(key)],
          ["value", literalToCbor(item)],
        ]),
      );
      return node([["map", entries]]);
    }
    case "record": {
      const tag = variantTag(value);
      const payload = value.fields.get("$value");
      if (tag !== undefined) {
        return node([
          ["tag", tag],
          ["value", payload === undefined ? undefined : literalToCbor(payload)],
        ]);
      }
      return node([
        ["record", new Map([...value.fields].map(([name, item]) => [name, literalToCbor(item)]))],
      ]);
    }
    default:
      return node([[value.kind, value.value]]);
  }
}

function slotNode(slot: ExprOrValue): Cbor {
  if (slot.kind === "expr") return exprToCbor(slot.expr);
  return slot.tagged === undefined ? literalToCbor(slot.value) : cborFromJson(slot.tagged);
}

function stepNode(step: Step): Cbor {
  return node([["id", step.id], ["op", step.op], ...stepFields(step)]);
}

function stepFields(step: Step): Fields {
  switch (step.op) {
    case "raise_event":
      return [
        ["event", step.event],
        ["value", slotNode(step.value)],
      ];
    case "emit_effect":
      return [
        ["cap", step.cap],
        ["bind", node([["effect_id_as", step.bindEffectIdAs]])],
        ["kind", step.kind],
        ["params", slotNode(step.params)],
        ["idempotency_key", step.idempotencyKey === null ? undefined : slotNode(step.idempotencyKey)],
      ];
    case "await_receipt":
      return [
        ["for", exprToCbor(step.for)],
        [
          "bind",
          node([
            ["as", step.bindAs],
            ["status_as", step.bindStatusAs ?? undefined],
          ]),
        ],
      ];
    case "await_event":
      return [
        ["bind", node([["as", step.bindAs]])],
        ["event", step.event],
        ["where", step.where === null ? undefined : exprToCbor(step.where)],
      ];
    case "assign":
      return [
        ["bind", node([["as", step.bindAs]])],
        ["expr", slotNode(step.expr)],
      ];
    case "end":
      return [["result", step.result === null ? undefined : slotNode(step.result)]];
  }
}

function edgeNode({ from, to, when }: Edge): Cbor {
  return node([
    ["to", to],
    ["from", from],
    ["when", when === null ? undefined : exprToCbor(when)],
  ]);
}

function filled(items: readonly Cbor[]): Cbor | undefined {
  return items.length === 0 ? undefined : items;
}

function node(fields: Fields): Cbor {
  return new Map(fields.filter((field): field is readonly [string, Cbor] => field[1] !== undefined));
}

/** JSON as it stands in a node: a literal in the tagged lens. */
export function cborFromJson(json: Json): Cbor {
  if (json instanceof JsonNumber) return BigInt(json.raw);
  if (json === null || typeof json === "boolean" || typeof json === "string") return json;
  if (isJsonObject(json)) return new Map([...json].map(([key, value]) => [key, cborFromJson(value)]));
  return json.map(cborFromJson);
}
