/** Steps, edges and expressions as definitions write them, for worlds of plans (`planned.ts`). */

import { record, type Value } from "../../host/values/value.ts";

export const input = (field: string) => ({ ref: `@plan.input.${field}` });
export const op = (name: string, ...args: object[]) => ({ op: name, args });
export const variable = (name: string) => ({ ref: `@var:${name}` });
export const assign = (id: string, expr: object, as = id) => ({ id, op: "assign", expr, bind: { as } });
export const say = (id: string, more: object = {}) => ({
  id,
  op: "raise_event",
  event: "t/Said@1",
  value: { record: { id: input("id"), n: input("n") } },
  ...more,
});
export const emit = (id: string, more: object = {}) => ({
  id,
  op: "emit_effect",
  kind: "t.echo",
  params: { record: { text: input("id"), n: input("n") } },
  cap: "g",
  bind: { effect_id_as: `${id}_handle` },
  ...more,
});
export const answered = (id: string, of: string, more: object = {}) => ({
  id,
  op: "await_receipt",
  for: variable(`${of}_handle`),
  bind: { as: `${id}_value`, ...more },
});
export const hear = (id: string, where: object | null, more: object = {}) => ({
  id,
  op: "await_event",
  event: "t/Heard@1",
  ...(where === null ? {} : { where }),
  bind: { as: `${id}_event` },
  ...more,
});
export const end = (id = "end", result?: object) => ({
  id,
  op: "end",
  ...(result === undefined ? {} : { result }),
});
export const edge = (from: string, to: string, when?: object) => ({
  from,
  to,
  ...(when === undefined ? {} : { when }),
});
export const chain = (...ids: string[]) => ids.slice(1).map((to, i) => edge(ids[i]!, to));
export const own = op("eq", { ref: "@event.id" }, input("id"));
/** A receipt of `t.echo`. */
export const n = (value: number): Value => record([["n", { kind: "nat", value: BigInt(value) }]]);
