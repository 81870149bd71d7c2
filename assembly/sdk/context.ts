/** What a module may know of its call. Times are ns since the Unix epoch. */

import { Reader } from "../cbor/reader";

/** `sys/ReducerContext@1`, or `sys/WorkflowContext@1`: when and where a delivery happens. */
export class ReducerContext {
  nowNs: u64 = 0;
  logicalNowNs: u64 = 0;
  journalHeight: u64 = 0;
  /** 64 bytes, different for every call and the same on every replay. */
  entropy: Uint8Array = new Uint8Array(0);
  eventHash: string = "";
  manifestHash: string = "";
  /** Name of this reducer or workflow. */
  reducer: string = "";
  /** Canonical bytes of the cell's key, null for a reducer with a single cell. */
  key: Uint8Array | null = null;
  /** Whether the reducer is keyed. */
  cellMode: bool = false;

  static decode(r: Reader): ReducerContext {
    const v = new ReducerContext();
    for (let n = r.map(); n > 0; n--) {
      if (r.has("key")) v.key = r.none() ? null : r.bytes();
      else if (r.has("now_ns")) v.nowNs = r.nat();
      else if (r.has("entropy")) v.entropy = r.bytes();
      else if (r.has("reducer") || r.has("workflow")) v.reducer = r.text();
      else if (r.has("cell_mode")) v.cellMode = r.bool();
      else if (r.has("event_hash")) v.eventHash = r.text();
      else if (r.has("manifest_hash")) v.manifestHash = r.text();
      else if (r.has("journal_height")) v.journalHeight = r.nat();
      else if (r.has("logical_now_ns")) v.logicalNowNs = r.nat();
      else r.skipEntry();
    }
    return v;
  }
}

/** `sys/PureContext@1`: when and where a pure module is asked. */
export class PureContext {
  logicalNowNs: u64 = 0;
  journalHeight: u64 = 0;
  manifestHash: string = "";
  /** Name of this module. */
  module: string = "";

  static decode(r: Reader): PureContext {
    const v = new PureContext();
    for (let n = r.map(); n > 0; n--) {
      if (r.has("module")) v.module = r.text();
      else if (r.has("manifest_hash")) v.manifestHash = r.text();
      else if (r.has("journal_height")) v.journalHeight = r.nat();
      else if (r.has("logical_now_ns")) v.logicalNowNs = r.nat();
      else r.skipEntry();
    }
    return v;
  }
}
