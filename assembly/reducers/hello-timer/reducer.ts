import { satAdd, satMul } from "airloom/assembly/sdk";
import { Greet, GreeterReducer, Hello, TimerFired } from "./air";

const NS_PER_MS: u64 = 1_000_000;

/** Greets people after a while: asks for a timer, and says hello when it fires. */
export class Greeter extends GreeterReducer {
  onGreet(event: Greet): void {
    // Logical time comes with the event. A reducer has no clock, so that a replay sees the same time.
    const at = satAdd(this.ctx.logicalNowNs, satMul(event.delayMs, NS_PER_MS));
    // The key comes back when the timer fires: it says whom to greet.
    this.effects.timerSet(at, event.name);
    this.state.waiting++;
  }

  onTimer(event: TimerFired): void {
    const s = this.state;
    const name = event.requested.key;
    if (name === null || s.waiting == 0) return; // anybody may send such an event: this one is no timer of ours
    s.waiting--;
    s.greeted++;
    this.emit(new Hello(name));
  }
}
