/** The call context a module gets when its ABI declares one (`sys/ReducerContext@1`). */

import type { Reducer } from "../air/manifest.ts";
import type { Entry } from "../journal/frame.ts";
import { utf8 } from "../values/bytes.ts";
import { type Cbor, canon, encodeCbor } from "../values/cbor.ts";
import { sha256, sha512 } from "../values/hash.ts";
import { eventHash } from "../values/identity.ts";
import type { DeliveryTask } from "./state.ts";

/** `draw`: how often the cell was called in this frame before. Canonical bytes, fields as AIR orders them. */
export function callContext(
  reducer: Reducer,
  task: DeliveryTask,
  entry: Entry,
  manifestHash: string,
  draw: number,
): Uint8Array {
  const { name, moduleKind } = reducer.module;
  const fields = new Map<string, Cbor>([
    ["now_ns", entry.wallNs],
    ["logical_now_ns", entry.logicalNs],
    ["journal_height", task.event],
    ["entropy", callEntropy(entry.entropy, name, task.cell.key, draw)],
    ["event_hash", eventHash({ schema: task.schema, value: task.value, key: task.key })],
    ["manifest_hash", manifestHash],
    [moduleKind === "workflow" ? "workflow" : "reducer", name],
    ["cell_mode", reducer.key !== null],
  ]);
  if (task.key !== null) fields.set("key", task.key);
  return canon(fields);
}

/**
 * 64 bytes from (frame entropy, reducer name, hash of the cell key, draw): neither a rebuilt module nor an
 * event added elsewhere shifts them.
 */
function callEntropy(entropy: Uint8Array, reducer: string, key: Uint8Array, draw: number): Uint8Array {
  return sha512(encodeCbor([entropy, utf8(reducer), sha256(key), draw]));
}
