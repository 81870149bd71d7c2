/**
 * Effects by which a plan looks at its own world. The kernel answers them in the frame they are emitted in, as
 * things stand behind what the frame has done so far (docs/air.md, "Effects").
 */

import type { OpenIntent } from "../effects/intent.ts";
import type { Receipt } from "../effects/receipt.ts";
import { EMPTY } from "../values/bytes.ts";
import { canon } from "../values/cbor.ts";
import { AirloomError } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";
import { quote } from "../values/quote.ts";
import { NULL, record, type Value } from "../values/value.ts";
import type { Draft } from "./draft.ts";

type Fields = readonly (readonly [string, Value])[];

/** Why a question has no answer; the plan gets it as the text of a receipt with status `error`. */
class Unanswered extends Error {}

const ANSWERS: ReadonlyMap<string, (draft: Draft, params: Value, height: bigint) => Fields> = new Map([
  ["introspect.manifest", manifest],
  ["introspect.reducer_state", reducerState],
  ["introspect.journal_head", () => []],
  ["introspect.list_cells", listCells],
]);

/** The effects that are answered here. */
export const ANSWERED_KINDS: ReadonlySet<string> = new Set(ANSWERS.keys());

/** Null for an effect that goes out. `height` is the record of the intent. Throws `MissingCells`. */
export function introspect(draft: Draft, intent: OpenIntent, height: bigint): Receipt | null {
  const answer = ANSWERS.get(intent.kind);
  const effect = draft.manifest.effects.get(intent.kind);
  if (answer === undefined || effect === undefined) return null;
  try {
    const fields = answer(draft, effect.params.decode(intent.params), height);
    const payload = effect.receipt.encode(record([...fields, ["meta", meta(draft, height)]]));
    if (payload.length > LIMITS.ingressBytesMax) {
      throw new Unanswered(`an answer of ${payload.length} bytes is over the limit`);
    }
    return receipt("ok", payload);
  } catch (error) {
    const refused = error instanceof AirloomError && error.code === "value.invalid";
    if (!refused && !(error instanceof Unanswered)) throw error;
    return receipt("error", canon((error as Error).message));
  }
}

function receipt(status: Receipt["status"], payload: Uint8Array): Receipt {
  const signature = new Uint8Array(64);
  return { adapterId: "kernel.introspect", status, payload, costCents: 0n, signature, tries: 1n };
}

function meta(draft: Draft, height: bigint): Value {
  const { lastSnapshot } = draft;
  return record([
    ["journal_height", { kind: "nat", value: height }],
    ["snapshot_hash", lastSnapshot === null ? NULL : { kind: "hash", value: lastSnapshot }],
    ["manifest_hash", { kind: "hash", value: draft.manifest.hash }],
  ]);
}

function manifest(draft: Draft, params: Value, height: bigint): Fields {
  checkConsistency(params, height);
  const bytes = draft.manifest.nodes.get(draft.manifest.hash) ?? EMPTY;
  return [["manifest", { kind: "bytes", value: bytes }]];
}

function reducerState(draft: Draft, params: Value, height: bigint): Fields {
  checkConsistency(params, height);
  const name = textAt(params, "reducer");
  const reducer = draft.manifest.reducers.get(name);
  if (reducer === undefined) throw new Unanswered(`there is no reducer ${quote(name)}`);
  const key = fieldAt(params, "key");
  if ((reducer.key === null) !== (key.kind !== "bytes")) {
    throw new Unanswered(reducer.key === null ? `${name} has no key` : `${name} has a cell for each key`);
  }
  const cell = { reducer: name, key: key.kind === "bytes" ? reducer.key!.normalize(key.value) : EMPTY };
  const state = draft.readCell(cell);
  return [["state", state === null ? NULL : { kind: "bytes", value: state }]];
}

/** More than fit an answer, whatever their keys. */
export const LISTED_MAX = 4096;

/** A reducer without a key has the one cell with the empty key, or none. */
function listCells(draft: Draft, params: Value): Fields {
  const name = textAt(params, "reducer");
  if (!draft.manifest.reducers.has(name)) throw new Unanswered(`there is no reducer ${quote(name)}`);
  const notes = draft.listCells(name, LISTED_MAX);
  if (notes === "too_many") throw new Unanswered(`${name} has more than ${LISTED_MAX} cells`);
  const items = notes.map(({ key, stateHash, sizeBytes, activeNs }) =>
    record([
      ["key", { kind: "bytes", value: key }],
      ["state_hash", { kind: "hash", value: stateHash }],
      ["size", { kind: "nat", value: BigInt(sizeBytes) }],
      ["last_active_ns", { kind: "nat", value: activeNs }],
    ]),
  );
  return [["cells", { kind: "list", items }]];
}

/** `head`, `exact:HEIGHT` or `at_least:HEIGHT`: of the heights there is only the one at hand. */
function checkConsistency(params: Value, height: bigint): void {
  const wanted = textAt(params, "consistency");
  const match = /^(exact|at_least):([0-9]{1,20})$/.exec(wanted);
  if (wanted === "head") return;
  if (match === null) throw new Unanswered(`there is no consistency ${quote(wanted)}`);
  const at = BigInt(match[2]!);
  const met = match[1] === "exact" ? at === height : at <= height;
  if (!met) throw new Unanswered(`the journal is at ${height}, not ${quote(wanted)}`);
}

function fieldAt(params: Value, name: string): Value {
  return (params.kind === "record" ? params.fields.get(name) : undefined) ?? NULL;
}

function textAt(params: Value, name: string): string {
  const value = fieldAt(params, name);
  return value.kind === "text" ? value.value : "";
}
