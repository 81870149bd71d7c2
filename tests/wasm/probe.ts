/** AssemblyScript of a reducer that does one thing for each arm of its event, written without generated code. */

export const PROBE = `
import {
  backoff, checkedAdd, checkedMul, checkedSub, fail, Reader, Reducer, satAdd, satMul, satSub, Some, TimerFired,
  TimerSetParams, TimerSetReceipt, Value, Writer,
} from "airloom/assembly/sdk";

class Note implements Value {
  constructor(public note: string = "none") {}
  schema(): string { return "t/Note@1"; }
  encode(w: Writer): void { w.text(this.note); }
}

class Num implements Value {
  constructor(public value: u64) {}
  schema(): string { return "t/Num@1"; }
  encode(w: Writer): void { w.nat(this.value); }
}

/** A value that is read and written back as it came. */
class Echo implements Value {
  constructor(private kind: string, private r: Reader) {}
  schema(): string { return "t/Echo@1"; }
  encode(w: Writer): void {
    const r = this.r;
    if (this.kind == "nat") w.nat(r.nat());
    else if (this.kind == "int") w.int(r.int());
    else if (this.kind == "bool") w.bool(r.bool());
    else if (this.kind == "text") w.text(r.text());
    else if (this.kind == "bytes") w.bytes(r.bytes());
    else if (this.kind == "ints") { const n = r.list(); w.list(n); for (let i = 0; i < n; i++) w.int(r.int()); }
    else if (this.kind == "option") {
      const v: Some<u64> | null = r.none() ? null : new Some<u64>(r.nat());
      if (v !== null) w.nat(v.value); else w.none();
    }
    else if (this.kind == "timer") TimerFired.decode(r).encode(w);
    else if (this.kind == "params") TimerSetParams.decode(r).encode(w);
    else if (this.kind == "receipt") TimerSetReceipt.decode(r).encode(w);
    else { r.skip(); w.none(); }
  }
}

export class Probe extends Reducer<Note> {
  constructor() { super(new Note()); }
  init(): void { this.state.note = "new"; }
  protected decodeState(r: Reader): Note { return new Note(r.text()); }

  protected dispatch(schema: string, r: Reader): void {
    const tag = r.tag();
    if (tag == "now" || tag == "context" || tag == "schema") r.none();
    if (tag == "fail") return fail("the order is closed");
    if (tag == "throw") throw new Error("thrown here");
    if (tag == "assert") { const n = r.nat(); assert(n > 1, "more than one"); return; }
    if (tag == "index") { const list = [1, 2]; this.state.note = list[i32(r.nat())].toString(); return; }
    if (tag == "now") { this.state.note = this.ctx.nowNs.toString() + " " + this.ctx.reducer; return; }
    if (tag == "context") { this.context2(); return; }
    if (tag == "keyed") { this.intent(new Num(1)).key(r.bytes()).send(); this.emit(new Num(2)); return; }
    if (tag == "note") { this.annotate(new Num(r.nat())); return; }
    if (tag == "effects") { this.twoEffects(r.bytes()); return; }
    if (tag == "calc") { this.calc(r); return; }
    if (tag == "surrogate") { this.state.note = String.fromCharCode(i32(r.nat())) + "x"; return; }
    if (tag == "schema") { this.state.note = schema; return; }
    this.emit(new Echo(tag, r));
  }

  private context2(): void {
    const c = this.ctx, key = c.key;
    this.state.note = [
      c.logicalNowNs.toString(), c.journalHeight.toString(), c.entropy.length.toString(), c.entropy[63].toString(),
      c.eventHash, c.manifestHash, key !== null ? key.length.toString() : "no key", c.cellMode ? "cell" : "single",
    ].join(",");
  }

  private twoEffects(key: Uint8Array): void {
    this.effects.raw("blob.put", new Num(7), "slot", key);
    this.effects.timerSet(5, null, "clock");
  }

  private calc(r: Reader): void {
    r.list();
    const name = r.text(), a = r.nat(), b = r.nat();
    let result: u64 = 0;
    if (name == "satAdd") result = satAdd(a, b);
    else if (name == "satSub") result = satSub(a, b);
    else if (name == "satMul") result = satMul(a, b);
    else if (name == "checkedAdd") result = checkedAdd(a, b);
    else if (name == "checkedSub") result = checkedSub(a, b);
    else if (name == "checkedMul") result = checkedMul(a, b);
    else if (name == "backoff") result = backoff(a, b);
    this.emit(new Num(result));
  }
}
`;
