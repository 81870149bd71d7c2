/** A reducer that does one thing for each arm of its event, written without generated code, and calls of it. */

import type { GuestFault, StepInput, StepOutput } from "../../host/kernel/ports.ts";
import { concat, fromHex } from "../../host/values/bytes.ts";
import { type Cbor, encodeCbor } from "../../host/values/cbor.ts";
import { hashOf } from "../../host/values/hash.ts";
import { createModuleHost } from "../../host/wasm/host.ts";
import { compileSource } from "../support/modules.ts";

/** One delivery of an arm with a payload: a value, or its bytes alone in an array. */
type Call = [tag: string, payload: Cbor | Uint8Array[], others?: Partial<StepInput>];

export interface ProbeCalls {
  /** Fails when the call faulted. */
  outputOf(...call: Call): StepOutput;
  /** Fails when it did not. */
  faultOf(...call: Call): GuestFault;
}

export async function probeCalls(): Promise<ProbeCalls> {
  const { wasm } = await compileSource(PROBE);
  const hash = hashOf(wasm);
  const host = createModuleHost(() => wasm);
  const deliver = (...[tag, payload, others = {}]: Call) => {
    const given = Array.isArray(payload) && payload[0] instanceof Uint8Array;
    const value = variantBytes(tag, given ? (payload[0] as Uint8Array) : encodeCbor(payload));
    const input = { state: null, schema: "t/Event@1", value, key: null, context: null };
    return host.step(hash, { ...input, ...others });
  };
  return {
    outputOf: (...call) => {
      const result = deliver(...call);
      if (!result.ok) throw new Error(`${result.fault.code} ${result.fault.message}`);
      return result.output;
    },
    faultOf: (...call) => {
      const result = deliver(...call);
      if (result.ok) throw new Error("the call answered");
      return result.fault;
    },
  };
}

/** Bytes of the variant `$tag` with this encoded payload. */
function variantBytes(tag: string, payload: Uint8Array): Uint8Array {
  const head = concat([fromHex("d9d9f7a2")!, encodeCbor("$tag"), encodeCbor(tag), encodeCbor("$value")]);
  return concat([head, payload]);
}

export const PROBE = `
import {
  checkedAdd, checkedAddInt, checkedDiv, checkedDivInt, checkedMul, checkedMulInt, checkedSub, checkedSubInt, Dec128,
  fail, hashBytes, hashText, hexText, isHash, isUuid, Random, Reader, Reducer, RetryPolicy, sameUuid, satAdd,
  satAddInt, satMul, satMulInt, satScale, satSub, satSubInt, sha256, Some, toInt, toNat, utf8Bytes, utf8Text,
  uuidBytes, uuidText, Value,
  Writer,
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

class Int implements Value {
  constructor(public value: i64) {}
  schema(): string { return "t/Int@1"; }
  encode(w: Writer): void { w.int(this.value); }
}

class Bytes implements Value {
  constructor(public value: Uint8Array) {}
  schema(): string { return "t/Bytes@1"; }
  encode(w: Writer): void { w.bytes(this.value); }
}

/** What one of the helpers says of a text, or of two with a blank between them. */
function ask(what: string, text: string): string {
  if (what == "isHash") return isHash(text).toString();
  if (what == "hashBytes") return hashText(hashBytes(text));
  if (what == "isUuid") return isUuid(text).toString();
  if (what == "uuid") return uuidText(uuidBytes(text));
  if (what == "isDec128") return Dec128.isValid(text).toString();
  if (what == "decimal") return Dec128.parse(text).toString();
  const at = text.indexOf(" "), a = text.substring(0, at), b = text.substring(at + 1);
  if (what == "sameUuid") return sameUuid(a, b).toString();
  if (what == "compare") return Dec128.compare(a, b).toString();
  if (what == "units") return Dec128.parse(a).units(I32.parseInt(b)).toString();
  if (what == "of") return Dec128.of(I64.parseInt(a), I32.parseInt(b)).toString();
  return "?";
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
    else { r.skip(); w.none(); }
  }
}

export class Probe extends Reducer<Note> {
  init(): void { this.state.note = "new"; }
  protected eventSchema(): string { return "t/Event@1"; }
  protected emptyState(): Note { return new Note(); }
  protected decodeState(r: Reader): Note { return new Note(r.text()); }

  protected dispatch(r: Reader): void {
    r.variant("t/Event@1");
    const tag = r.text();
    r.has("$value");
    if (tag == "now" || tag == "context" || tag == "nothing" || tag == "delete" || tag == "revive" || tag == "key") {
      r.none();
    }
    if (tag == "nothing") return;
    if (tag == "delete") { this.state = null; return; }
    if (tag == "revive") { this.state = null; this.state = new Note("again"); return; }
    if (tag == "after") { this.state = null; this.state.note = r.text(); return; }
    if (tag == "key") { this.state.note = this.readKey().text() + this.readKey().text(); return; }
    if (tag == "intents") { this.intents(r.text()); return; }
    if (tag == "blobs") { this.blobs(r.bytes()); return; }
    if (tag == "random") { this.draws(r.nat()); return; }
    if (tag == "policy") { this.policy(r); return; }
    if (tag == "scale") { r.list(); this.emit(new Num(satScale(r.nat(), u32(r.nat()), u32(r.nat())))); return; }
    if (tag == "ask") { r.list(); this.state.note = ask(r.text(), r.text()); return; }
    if (tag == "utf8") {
      const bytes = r.bytes(), text = utf8Text(bytes);
      this.state.note = text === null ? "none" : hexText(utf8Bytes(text)) + " " + text;
      return;
    }
    if (tag == "digest") { this.state.note = hexText(sha256(r.bytes())); return; }
    if (tag == "calcInt") { this.calcInt(r); return; }
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
    else if (name == "checkedDiv") result = checkedDiv(a, b);
    else if (name == "toInt") result = u64(toInt(a));
    this.emit(new Num(result));
  }

  private calcInt(r: Reader): void {
    r.list();
    const name = r.text(), a = r.int(), b = r.int();
    let result: i64 = 0;
    if (name == "satAddInt") result = satAddInt(a, b);
    else if (name == "satSubInt") result = satSubInt(a, b);
    else if (name == "satMulInt") result = satMulInt(a, b);
    else if (name == "checkedAddInt") result = checkedAddInt(a, b);
    else if (name == "checkedSubInt") result = checkedSubInt(a, b);
    else if (name == "checkedMulInt") result = checkedMulInt(a, b);
    else if (name == "checkedDivInt") result = checkedDivInt(a, b);
    else if (name == "toNat") result = i64(toNat(a));
    this.emit(new Int(result));
  }

  private intents(key: string): void {
    this.intent(new Num(1)).keyText(key).send();
    this.intent(new Num(2)).keyNat(7).send();
    this.intent(new Num(3)).keyInt(-7).send();
    this.intent(new Num(4)).keyValue(new Num(300)).send();
    this.intent(new Num(5)).keyText("first").keyText("last").send();
  }

  private blobs(bytes: Uint8Array): void {
    const ref = this.effects.blobPut(bytes);
    this.effects.blobGet(ref, "store");
    this.state.note = ref;
  }

  /** Draws as many numbers as there may be of each kind. */
  private draws(most: u64): void {
    const random = this.random;
    this.emit(new Num(random.next()));
    for (let i = 0; i < 6; i++) this.emit(new Num(this.random.upTo(most)));
    this.emit(new Bytes(random.take(11)));
    this.emit(new Num(random.chance(0, 5) ? 1 : 0));
    this.emit(new Num(random.chance(5, 5) ? 1 : 0));
  }

  private policy(r: Reader): void {
    r.list();
    const p = new RetryPolicy(r.nat(), r.nat(), r.nat(), u32(r.nat()), u32(r.nat()), u32(r.nat()), u32(r.nat()));
    const attempt = r.nat();
    this.emit(new Num(p.wait(attempt)));
    this.emit(new Num(p.delay(attempt, this.random)));
    this.emit(new Num(p.allows(attempt) ? 1 : 0));
    const plain = new RetryPolicy();
    this.emit(new Num(plain.attemptsMax));
    this.emit(new Num(plain.wait(attempt)));
    this.emit(new Num(plain.jitterNum));
    this.emit(new Num(plain.jitterDen));
  }
}
`;
