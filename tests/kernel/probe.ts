/** A reducer for the schemas of the retry world that does what an event's payload says, well or badly. */

import type { RecordOf } from "../../host/journal/record.ts";
import type { Engine } from "../../host/runtime/engine.ts";
import { type Compiled, changedReducer } from "../support/modules.ts";
import { send, T } from "../support/world.ts";

/**
 * Every event first changes the state (`payload`, `attempt`) and leaves an event and a timer behind where it
 * goes wrong later, so that a test sees whether any of it applied.
 */
const SOURCE = `
import { fail, Value, Writer } from "airloom/assembly/sdk";
import { RetryReducer, StartWork, TimerFired, WorkErr, WorkOk, WorkRequested } from "./air";

/** Any schema, with a record of one text. */
class Odd implements Value {
  constructor(private name: string) {}
  schema(): string { return this.name; }
  encode(w: Writer): void {
    w.map(1);
    w.key("odd");
    w.text("x");
  }
}

const ENDLESS: string[] = ["sink", "spin", "hoard"];

function sink(n: u64): u64 {
  return n == 0 ? 0 : sink(n + 1) + n;
}

export class Probe extends RetryReducer {
  init(): void {
    this.state.pc = "New";
  }

  onStart(event: StartWork): void {
    const s = this.state;
    const what = event.payload;
    s.pc = "Done";
    s.attempt++;
    s.reqId = event.reqId;
    s.payload = what.length > 0 ? what : "x".repeat(i32(event.baseDelayMs));
    if (what == "throw" || what == "fail" || what == "trap" || ENDLESS.includes(what)) {
      this.emit(new WorkOk(event.reqId));
      this.effects.timerSet(event.nowNs);
    }
    if (what == "throw") throw new Error("thrown on purpose");
    else if (what == "fail") fail("the order is closed");
    else if (what.startsWith("say ")) fail(what);
    else if (what == "trap") unreachable();
    else if (what == "sink") s.attempt = sink(event.maxAttempts);
    else if (what == "spin") while (s.pc == "Done") s.attempt++;
    else if (what == "hoard") while (s.pc == "Done") s.attempt += u64(new Uint8Array(65536).length);
    else if (what == "unknown event") this.emit(new Odd("demo/Nope@1"));
    else if (what == "invalid event") this.emitBoth(new Odd("demo/WorkOk@1"));
    else if (what == "undeclared effect") this.effects.raw("http.request", new Odd("demo/Any@1"));
    else if (what == "invalid params") this.effects.raw("timer.set", new Odd("demo/Any@1"));
    else if (what == "unbound slot") this.effects.timerSet(event.nowNs, null, "elsewhere");
    else if (what == "timer") this.effects.timerSet(event.nowNs, event.reqId);
    else if (what == "two timers") this.timers(event.nowNs, null);
    else if (what == "a timer and an unbound one") this.timers(event.nowNs, "elsewhere");
    else if (what.startsWith("again")) this.again(event);
    else if (what == "others") this.others(event.reqId);
  }

  onOk(event: WorkOk): void {
    this.state.payload = "ok of " + event.reqId;
  }

  onErr(event: WorkErr): void {
    this.state.payload = event.message;
  }

  onTimer(event: TimerFired): void {
    this.state.pc = "Fired " + event.status;
  }

  private emitBoth(bad: Value): void {
    this.emit(new WorkOk("good"));
    this.emit(bad);
  }

  private timers(at: u64, slot: string | null): void {
    this.effects.timerSet(at, "first");
    this.effects.timerSet(at, "second", slot);
  }

  /** The same event with one attempt less, until none is left. */
  private again(event: StartWork): void {
    if (event.maxAttempts == 0) {
      if (event.payload.endsWith("throw")) throw new Error("none is left");
      return;
    }
    event.maxAttempts--;
    this.emit(event);
  }

  /** Events for two other cells, where cells are keyed by request. */
  private others(reqId: string): void {
    this.emit(new WorkOk(reqId + ".a"));
    this.emit(new WorkOk(reqId + ".b"));
  }
}
`;

export function probe(): Promise<Compiled> {
  return changedReducer("retry-backoff", () => SOURCE);
}

/** Definitions of the retry world whose cells are keyed by request. */
export function keyed(path: string, text: string): string {
  const replace = (from: string, to: string): string => {
    if (!text.includes(from)) throw new Error(`${path} has no ${from}`);
    return text.replace(from, to);
  };
  switch (path) {
    case "module.air.json":
      return replace(`"abi":`, `"key_schema": "demo/ReqId@1",\n  "abi":`);
    case "schemas.air.json":
      return replace("[", `[{ "$kind": "defschema", "name": "demo/ReqId@1", "type": { "text": {} } },`);
    case "manifest.air.json": {
      const listed = replace(`"schemas": [`, `"schemas": [{ "name": "demo/ReqId@1" },`);
      return listed.replace(`"event": "demo/RetryEvent@1",`, `$& "key_field": "$value.req_id",`);
    }
    default:
      return text;
  }
}

/** Has the probe do something. */
export function ask(engine: Engine, payload: string, value: Record<string, unknown> = {}) {
  const start = { req_id: "r", payload, max_attempts: 1, base_delay_ms: 0, now_ns: T, ...value };
  return send(engine, "demo/StartWork@1", start);
}

/** What a delivery record says of its fault. */
export function faultOf(delivery: RecordOf<"delivery">) {
  const { outcome, faultCode, faultMessage, faultFile, faultLine } = delivery;
  return { outcome, code: faultCode, message: faultMessage, file: faultFile, line: faultLine };
}
