/** Cells as people and machines read them. */

import type { Manifest } from "../../air/manifest.ts";
import type { Cell } from "../../journal/record.ts";
import { cellText } from "../../replay/core/diff.ts";
import { keyJson, sugarOrHex } from "../../runtime/queries/typed.ts";
import type { Json } from "../../values/json.ts";

export { keyJson, sugarOrHex };

export interface CellState {
  readonly name: string;
  readonly reducer: string;
  readonly key: Json;
  /** In the sugar lens; as hex when the manifest no longer reads it. */
  readonly json: Json;
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

export function stateJson({ reducer, key, json }: CellState): Json {
  return new Map<string, Json>([
    ["type", "state"],
    ["reducer", reducer],
    ["key", key],
    ["state", json],
  ]);
}
