/** The envelopes of a call: plain CBOR, fields in the order the format gives them. */

import { Reader } from "../cbor/reader";
import { Value } from "../cbor/value";
import { Writer } from "../cbor/writer";

const VERSION: u64 = 1;

/** What a step is called with. */
export class StepInput {
  state: Reader | null = null;
  event: Reader | null = null;
  /** Key of the cell; null for a reducer with a single one. */
  key: Reader | null = null;
  context: Reader | null = null;

  /** Aborts when the event is of another schema than the one expected. */
  static read(start: usize, length: usize, schema: string): StepInput {
    const input = new StepInput();
    const r = new Reader(start, start + length, "input");
    let version: u64 = 0;
    for (let n = r.map(); n > 0; n--) {
      if (r.has("version")) version = r.nat();
      else if (r.has("state")) input.state = r.none() ? null : r.embedded("state");
      else if (r.has("event")) input.readEvent(r, schema);
      else if (r.has("ctx")) input.context = r.none() ? null : r.embedded("context");
      else r.skipEntry();
    }
    checkVersion(version);
    return input;
  }

  private readEvent(r: Reader, schema: string): void {
    for (let n = r.map(); n > 0; n--) {
      if (r.has("schema")) {
        if (!r.isText(schema)) throw new Error("the event is not of " + schema);
      } else if (r.has("value")) this.event = r.embedded("event");
      else if (r.has("key")) this.key = r.none() ? null : r.embedded("key");
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

  /** `key`: canonical bytes of the key the event carries, or null. */
  addEvent(value: Value, key: Writer | null): void {
    const w = this.events;
    w.map(key !== null ? 3 : 2);
    w.key("schema").text(value.schema());
    w.key("value").embed(value);
    if (key !== null) {
      const start = w.key("key").openEmbedded();
      w.append(key);
      w.closeEmbedded(start);
    }
    this.eventCount++;
  }

  addEffect(kind: string, params: Value, slot: string | null, idempotencyKey: Uint8Array | null): void {
    const w = this.effects;
    w.map(2 + (slot !== null ? 1 : 0) + (idempotencyKey !== null ? 1 : 0));
    w.key("kind").text(kind);
    w.key("params_cbor").embed(params);
    if (slot !== null) w.key("cap_slot").text(slot);
    if (idempotencyKey !== null) {
      if (idempotencyKey.length != 32) throw new Error("an idempotency key has 32 bytes");
      w.key("idempotency_key").bytes(idempotencyKey);
    }
    this.effectCount++;
  }

  annotate(value: Value): void {
    const w = new Writer(128);
    w.embed(value);
    this.annotation = w;
  }

  /** The whole envelope around the state as it is now; null deletes the cell. */
  finish(state: Value | null): Writer {
    const w = new Writer(512);
    w.map(4);
    w.key("state");
    if (state !== null) w.embed(state);
    else w.none();
    w.key("domain_events").list(this.eventCount);
    w.append(this.events);
    w.key("effects").list(this.effectCount);
    w.append(this.effects);
    w.key("ann");
    const annotation = this.annotation;
    if (annotation !== null) w.append(annotation);
    else w.none();
    return w;
  }
}

/** What a pure module is called with. */
export class PureInput {
  value: Reader | null = null;
  context: Reader | null = null;

  static read(start: usize, length: usize): PureInput {
    const input = new PureInput();
    const r = new Reader(start, start + length, "input");
    let version: u64 = 0;
    for (let n = r.map(); n > 0; n--) {
      if (r.has("version")) version = r.nat();
      else if (r.has("input")) input.value = r.embedded("input");
      else if (r.has("ctx")) input.context = r.none() ? null : r.embedded("context");
      else r.skipEntry();
    }
    checkVersion(version);
    return input;
  }
}

function checkVersion(version: u64): void {
  if (version != VERSION) throw new Error("the input is not of ABI version 1 but " + version.toString());
}
