/** The two envelopes of a call: plain CBOR, fields in the order the format gives them. */

import { Reader } from "../cbor/reader";
import { Value } from "../cbor/value";
import { Writer } from "../cbor/writer";

const VERSION: u64 = 1;

/** What a step is called with. */
export class StepInput {
  state: Reader | null = null;
  schema: string = "";
  event: Reader | null = null;
  context: Reader | null = null;

  static read(start: usize, length: usize): StepInput {
    const input = new StepInput();
    const r = new Reader(start, start + length);
    let version: u64 = 0;
    for (let n = r.map(); n > 0; n--) {
      if (r.has("version")) version = r.nat();
      else if (r.has("state")) input.state = r.none() ? null : r.embedded();
      else if (r.has("event")) input.readEvent(r);
      else if (r.has("ctx")) input.context = r.none() ? null : r.embedded();
      else r.skipEntry();
    }
    if (version != VERSION) throw new Error("the input is not of ABI version 1 but " + version.toString());
    return input;
  }

  private readEvent(r: Reader): void {
    for (let n = r.map(); n > 0; n--) {
      if (r.has("schema")) this.schema = r.text();
      else if (r.has("value")) this.event = r.embedded();
      else r.skipEntry();
    }
  }
}

/** What a step answers, collected while it runs: events and effects are encoded as they are emitted. */
export class StepOutput {
  private events: Writer = new Writer(256);
  private eventCount: i32 = 0;
  private effects: Writer = new Writer(128);
  private effectCount: i32 = 0;
  private annotation: Writer | null = null;

  addEvent(value: Value, key: Uint8Array | null): void {
    const w = this.events;
    w.map(key !== null ? 3 : 2);
    w.key("schema");
    w.text(value.schema());
    w.key("value");
    w.embed(value);
    if (key !== null) {
      w.key("key");
      w.bytes(key);
    }
    this.eventCount++;
  }

  addEffect(kind: string, params: Value, slot: string | null, idempotencyKey: Uint8Array | null): void {
    const w = this.effects;
    w.map(2 + (slot !== null ? 1 : 0) + (idempotencyKey !== null ? 1 : 0));
    w.key("kind");
    w.text(kind);
    w.key("params_cbor");
    w.embed(params);
    if (slot !== null) {
      w.key("cap_slot");
      w.text(slot);
    }
    if (idempotencyKey !== null) {
      if (idempotencyKey.length != 32) throw new Error("an idempotency key has 32 bytes");
      w.key("idempotency_key");
      w.bytes(idempotencyKey);
    }
    this.effectCount++;
  }

  annotate(value: Value): void {
    const w = new Writer(128);
    w.embed(value);
    this.annotation = w;
  }

  /** The whole envelope around the state as it is now. */
  finish(state: Value): Writer {
    const w = new Writer(512);
    w.map(4);
    w.key("state");
    w.embed(state);
    w.key("domain_events");
    w.list(this.eventCount);
    w.append(this.events);
    w.key("effects");
    w.list(this.effectCount);
    w.append(this.effects);
    w.key("ann");
    const annotation = this.annotation;
    if (annotation !== null) w.append(annotation);
    else w.none();
    return w;
  }
}
