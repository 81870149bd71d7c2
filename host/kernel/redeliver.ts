/** What becomes of a fault: its event is carried again, or somebody has seen it. */

import type { Manifest, Reducer } from "../air/manifest.ts";
import type { Cell } from "../journal/record.ts";
import { AirloomError } from "../values/errors.ts";
import { quote } from "../values/quote.ts";
import type { Draft } from "./draft.ts";
import type { DismissIngress, RedeliverIngress } from "./ingress.ts";
import { normalizeEvent } from "./normalize.ts";
import { wrap } from "./route.ts";

/**
 * Records what is carried again and queues it for its one cell: no plan hears of it, no other reducer gets it.
 * What reads it is the reducer as the manifest has it now. Throws `AirloomError` (kind `request`):
 * `event.unknown_schema`, `event.too_large`, `value.invalid`, `fault.no_route`.
 */
export function redeliver(draft: Draft, ingress: RedeliverIngress): void {
  const { manifest } = draft;
  const { cell, delivery } = ingress;
  const { schema, value } = normalizeEvent(manifest, ingress.schema, ingress.value);
  const reducer = takerOf(manifest, cell, schema.name);
  const arm = armOf(manifest, reducer, schema.name);
  const wrapped = wrap(arm, reducer.event, schema, value);
  const index = draft.add({ kind: "redeliver", cause: null, cell, delivery, schema: schema.name, value });
  draft.queueDelivery({
    kind: "delivery",
    cell,
    arm,
    schema: reducer.event.name,
    value: wrapped,
    key: cell.key.length > 0 ? cell.key : null,
    event: draft.recordSeq(index),
    cause: index,
  });
}

/** Records that a fault was seen; nothing follows from it. */
export function dismiss(draft: Draft, { fault, cell, reason }: DismissIngress): void {
  draft.add({ kind: "dismiss", cause: null, cell, fault, reason });
}

function takerOf(manifest: Manifest, cell: Cell, event: string): Reducer {
  const reducer = manifest.reducers.get(cell.reducer);
  if (reducer === undefined) throw noRoute(`the manifest no longer has ${quote(cell.reducer)}`, cell, event);
  const keyed = reducer.key !== null;
  if (keyed !== cell.key.length > 0) {
    const now = keyed ? "has a cell for each key now" : "has no key any more";
    throw noRoute(`${quote(cell.reducer)} ${now}`, cell, event);
  }
  reducer.key?.normalize(cell.key);
  return reducer;
}

/** The arm that takes an event: that of its route, else of the receipts the reducer hears. */
function armOf(manifest: Manifest, reducer: Reducer, event: string): string | null {
  const { name } = reducer.module;
  const route = manifest.routes.get(event)?.find((each) => each.reducer.module.name === name);
  const arm = route === undefined ? reducer.receiptArms.get(event) : route.arm;
  if (arm !== undefined) return arm;
  throw noRoute(`the manifest no longer routes ${quote(event)} to ${quote(name)}`, { reducer: name }, event);
}

function noRoute(message: string, { reducer }: Pick<Cell, "reducer">, schema: string): AirloomError {
  return new AirloomError("request", "fault.no_route", message, { fields: { reducer, schema } });
}
