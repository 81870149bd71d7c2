import { satAdd, satMul } from "airloom/assembly/sdk";
import { Boiled, KettleReducer, SwitchedOff, SwitchedOn, TimerFired } from "./air";

const NS_PER_SECOND: u64 = 1_000_000_000;

/** A kettle: once it is on, it boils after as many seconds as it was asked to, and switches itself off. */
export class Kettle extends KettleReducer {
  init(): void {
    this.state.status = "off";
  }

  onOn(event: SwitchedOn): void {
    const s = this.state;
    if (s.status == "heating") return;
    s.status = "heating";
    s.starts++;
    const boilsAtNs = satAdd(this.ctx.logicalNowNs, satMul(event.seconds, NS_PER_SECOND));
    this.effects.timerSet(boilsAtNs, s.starts.toString());
  }

  onOff(_event: SwitchedOff): void {
    this.state.status = "off";
  }

  onTimer(event: TimerFired): void {
    const s = this.state;
    const key = event.requested.key;
    const isThisStart = key !== null && key == s.starts.toString();
    if (s.status != "heating" || !isThisStart) return;
    s.status = "off";
    s.boils++;
    this.emit(new Boiled(s.boils));
  }
}
