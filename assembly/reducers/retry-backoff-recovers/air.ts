/** AssemblyScript form of the schemas of `demo/RetrySM@1`. */

import { Reader, Reducer, TimerFired, Value, Writer } from "airloom/assembly/sdk";

export { TimerFired };

/** `demo/StartWork@1` */
export class StartWork implements Value {
  constructor(
    public reqId: string = "",
    public payload: string = "",
    public maxAttempts: u64 = 0,
    public baseDelayMs: u64 = 0,
    public nowNs: u64 = 0,
  ) {}

  schema(): string {
    return "demo/StartWork@1";
  }

  encode(w: Writer): void {
    w.map(5);
    w.key("now_ns");
    w.nat(this.nowNs);
    w.key("req_id");
    w.text(this.reqId);
    w.key("payload");
    w.text(this.payload);
    w.key("max_attempts");
    w.nat(this.maxAttempts);
    w.key("base_delay_ms");
    w.nat(this.baseDelayMs);
  }

  static decode(r: Reader): StartWork {
    const v = new StartWork();
    r.record(5);
    r.key("now_ns");
    v.nowNs = r.nat();
    r.key("req_id");
    v.reqId = r.text();
    r.key("payload");
    v.payload = r.text();
    r.key("max_attempts");
    v.maxAttempts = r.nat();
    r.key("base_delay_ms");
    v.baseDelayMs = r.nat();
    return v;
  }
}

/** `demo/WorkRequested@1` */
export class WorkRequested implements Value {
  constructor(
    public reqId: string = "",
    public payload: string = "",
    public attempt: u64 = 0,
  ) {}

  schema(): string {
    return "demo/WorkRequested@1";
  }

  encode(w: Writer): void {
    w.map(3);
    w.key("req_id");
    w.text(this.reqId);
    w.key("attempt");
    w.nat(this.attempt);
    w.key("payload");
    w.text(this.payload);
  }

  static decode(r: Reader): WorkRequested {
    const v = new WorkRequested();
    r.record(3);
    r.key("req_id");
    v.reqId = r.text();
    r.key("attempt");
    v.attempt = r.nat();
    r.key("payload");
    v.payload = r.text();
    return v;
  }
}

/** `demo/WorkOk@1` */
export class WorkOk implements Value {
  constructor(public reqId: string = "") {}

  schema(): string {
    return "demo/WorkOk@1";
  }

  encode(w: Writer): void {
    w.map(1);
    w.key("req_id");
    w.text(this.reqId);
  }

  static decode(r: Reader): WorkOk {
    const v = new WorkOk();
    r.record(1);
    r.key("req_id");
    v.reqId = r.text();
    return v;
  }
}

/** `demo/WorkErr@1` */
export class WorkErr implements Value {
  constructor(
    public reqId: string = "",
    public transient: bool = false,
    public message: string = "",
  ) {}

  schema(): string {
    return "demo/WorkErr@1";
  }

  encode(w: Writer): void {
    w.map(3);
    w.key("req_id");
    w.text(this.reqId);
    w.key("message");
    w.text(this.message);
    w.key("transient");
    w.bool(this.transient);
  }

  static decode(r: Reader): WorkErr {
    const v = new WorkErr();
    r.record(3);
    r.key("req_id");
    v.reqId = r.text();
    r.key("message");
    v.message = r.text();
    r.key("transient");
    v.transient = r.bool();
    return v;
  }
}

/** `demo/RetryState@1` */
export class RetryState implements Value {
  constructor(
    public pc: string = "",
    public attempt: u64 = 0,
    public maxAttempts: u64 = 0,
    public baseDelayMs: u64 = 0,
    public anchorNs: u64 = 0,
    public payload: string = "",
    public reqId: string = "",
  ) {}

  schema(): string {
    return "demo/RetryState@1";
  }

  encode(w: Writer): void {
    w.map(7);
    w.key("pc");
    w.text(this.pc);
    w.key("req_id");
    w.text(this.reqId);
    w.key("attempt");
    w.nat(this.attempt);
    w.key("payload");
    w.text(this.payload);
    w.key("anchor_ns");
    w.nat(this.anchorNs);
    w.key("max_attempts");
    w.nat(this.maxAttempts);
    w.key("base_delay_ms");
    w.nat(this.baseDelayMs);
  }

  static decode(r: Reader): RetryState {
    const v = new RetryState();
    r.record(7);
    r.key("pc");
    v.pc = r.text();
    r.key("req_id");
    v.reqId = r.text();
    r.key("attempt");
    v.attempt = r.nat();
    r.key("payload");
    v.payload = r.text();
    r.key("anchor_ns");
    v.anchorNs = r.nat();
    r.key("max_attempts");
    v.maxAttempts = r.nat();
    r.key("base_delay_ms");
    v.baseDelayMs = r.nat();
    return v;
  }
}

/** Handles `demo/RetryEvent@1` over `demo/RetryState@1`: one method for each arm. */
export abstract class RetryReducer extends Reducer<RetryState> {
  constructor() {
    super(new RetryState());
  }

  abstract onStart(event: StartWork): void;

  abstract onOk(event: WorkOk): void;

  abstract onErr(event: WorkErr): void;

  abstract onTimer(event: TimerFired): void;

  protected decodeState(r: Reader): RetryState {
    return RetryState.decode(r);
  }

  protected dispatch(schema: string, r: Reader): void {
    if (schema != "demo/RetryEvent@1") throw new Error("expected demo/RetryEvent@1, found " + schema);
    const tag = r.tag();
    if (tag == "Start") this.onStart(StartWork.decode(r));
    else if (tag == "Ok") this.onOk(WorkOk.decode(r));
    else if (tag == "Err") this.onErr(WorkErr.decode(r));
    else if (tag == "Timer") this.onTimer(TimerFired.decode(r));
    else throw new Error("demo/RetryEvent@1 has no arm '" + tag + "'");
  }
}
