/** The built-in schemas a reducer meets. */

import { Reader } from "../cbor/reader";
import { Value } from "../cbor/value";
import { Writer } from "../cbor/writer";
import { Some } from "./some";

/** `sys/TimerSetParams@1` */
export class TimerSetParams implements Value {
  constructor(
    /** Logical time, ns since the Unix epoch. */
    public deliverAtNs: u64 = 0,
    public key: string | null = null,
  ) {}

  schema(): string {
    return "sys/TimerSetParams@1";
  }

  encode(w: Writer): void {
    w.map(2);
    w.key("key");
    const key = this.key;
    if (key !== null) w.text(key);
    else w.none();
    w.key("deliver_at_ns");
    w.nat(this.deliverAtNs);
  }

  static decode(r: Reader): TimerSetParams {
    const v = new TimerSetParams();
    r.record(2);
    r.key("key");
    v.key = r.none() ? null : r.text();
    r.key("deliver_at_ns");
    v.deliverAtNs = r.nat();
    return v;
  }
}

/** `sys/TimerSetReceipt@1` */
export class TimerSetReceipt implements Value {
  constructor(
    /** Logical time, ns since the Unix epoch. */
    public deliveredAtNs: u64 = 0,
    public key: string | null = null,
  ) {}

  schema(): string {
    return "sys/TimerSetReceipt@1";
  }

  encode(w: Writer): void {
    w.map(2);
    w.key("key");
    const key = this.key;
    if (key !== null) w.text(key);
    else w.none();
    w.key("delivered_at_ns");
    w.nat(this.deliveredAtNs);
  }

  static decode(r: Reader): TimerSetReceipt {
    const v = new TimerSetReceipt();
    r.record(2);
    r.key("key");
    v.key = r.none() ? null : r.text();
    r.key("delivered_at_ns");
    v.deliveredAtNs = r.nat();
    return v;
  }
}

/** `sys/TimerFired@1`: what a timer comes back as. */
export class TimerFired implements Value {
  status: string = "";
  receipt: TimerSetReceipt = new TimerSetReceipt();
  reducer: string = "";
  requested: TimerSetParams = new TimerSetParams();
  signature: Uint8Array = new Uint8Array(0);
  adapterId: string = "";
  costCents: Some<u64> | null = null;
  effectKind: string = "";
  intentHash: string = "";

  schema(): string {
    return "sys/TimerFired@1";
  }

  encode(w: Writer): void {
    w.map(9);
    w.key("status");
    w.text(this.status);
    w.key("receipt");
    this.receipt.encode(w);
    w.key("reducer");
    w.text(this.reducer);
    w.key("requested");
    this.requested.encode(w);
    w.key("signature");
    w.bytes(this.signature);
    w.key("adapter_id");
    w.text(this.adapterId);
    w.key("cost_cents");
    const costCents = this.costCents;
    if (costCents !== null) w.nat(costCents.value);
    else w.none();
    w.key("effect_kind");
    w.text(this.effectKind);
    w.key("intent_hash");
    w.text(this.intentHash);
  }

  static decode(r: Reader): TimerFired {
    const v = new TimerFired();
    r.record(9);
    r.key("status");
    v.status = r.text();
    r.key("receipt");
    v.receipt = TimerSetReceipt.decode(r);
    r.key("reducer");
    v.reducer = r.text();
    r.key("requested");
    v.requested = TimerSetParams.decode(r);
    r.key("signature");
    v.signature = r.bytes();
    r.key("adapter_id");
    v.adapterId = r.text();
    r.key("cost_cents");
    v.costCents = r.none() ? null : new Some<u64>(r.nat());
    r.key("effect_kind");
    v.effectKind = r.text();
    r.key("intent_hash");
    v.intentHash = r.text();
    return v;
  }
}

/** `sys/ReducerContext@1`: when and where a call happens. Times are ns since the Unix epoch. */
export class ReducerContext {
  nowNs: u64 = 0;
  logicalNowNs: u64 = 0;
  journalHeight: u64 = 0;
  /** 64 bytes, different for every call and the same on every replay. */
  entropy: Uint8Array = new Uint8Array(0);
  eventHash: string = "";
  manifestHash: string = "";
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
      else if (r.has("reducer")) v.reducer = r.text();
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
