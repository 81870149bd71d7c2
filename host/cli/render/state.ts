/** Cells as people and machines read them. */

import type { Manifest } from "../../air/manifest.ts";
import type { Cell } from "../../journal/record.ts";
import { cellText } from "../../replay/core/diff.ts";
import { toHex } from "../../values/bytes.ts";
import { decodeCbor } from "../../values/cbor.ts";
import { AirloomError } from "../../values/errors.ts";
import type { Json } from "../../values/json.ts";
import { jsonInteger } from "../../values/json.ts";
import type { Schema } from "../../values/schema.ts";

export interface CellState {
  readonly name: string;
  readonly reducer: string;
  readonly key: Json;
  /** In the sugar lens; as hex when the manifest no longer reads it. */
  readonly json: Json;
}

export function cellStates(
  cells: Iterable<{ readonly cell: Cell; readonly state: Uint8Array }>,
  manifest: Manifest,
): readonly CellState[] {
  return [...cells].map(({ cell, state }) => cellState(cell, state, manifest));
}

export function cellState(cell: Cell, state: Uint8Array, manifest: Manifest): CellState {
  const reducer = manifest.reducers.get(cell.reducer);
  return {
    name: cellText(cell) ?? cell.reducer,
    reducer: cell.reducer,
    key: cell.key.length === 0 ? null : keyJson(cell.key),
    json: sugarOrHex(reducer?.state, state),
  };
}

function keyJson(key: Uint8Array): Json {
  const value = decodeCbor(key);
  if (typeof value === "string") return value;
  return typeof value === "bigint" ? jsonInteger(value) : toHex(key);
}

/** A value in the sugar lens, or its bytes as hex where the schema does not read it. */
export function sugarOrHex(schema: Schema | undefined, bytes: Uint8Array): Json {
  if (schema === undefined) return toHex(bytes);
  try {
    return schema.toSugar(schema.decode(bytes));
  } catch (error) {
    if (error instanceof AirloomError) return toHex(bytes);
    throw error;
  }
}

export function stateJson({ reducer, key, json }: CellState): Json {
  return new Map<string, Json>([
    ["type", "state"],
    ["reducer", reducer],
    ["key", key],
    ["state", json],
  ]);
}
