import { RetryPolicy, satAdd, satMul } from "airloom/assembly/sdk";
import { RetryReducer, StartWork, TimerFired, WorkErr, WorkOk, WorkRequested } from "./air";

const NS_PER_MS: u64 = 1_000_000;

/** Has a piece of work done, waiting twice as long after each transient failure until no attempt is left. */
export class Retry extends RetryReducer {
  init(): void {
    this.state.pc = "Idle";
  }

  onStart(event: StartWork): void {
    const s = this.state;
    if (s.pc == "Waiting") return;
    s.pc = "Waiting";
    s.attempt = 1;
    s.maxAttempts = max<u64>(event.maxAttempts, 1);
    s.baseDelayMs = max<u64>(event.baseDelayMs, 1);
    s.anchorNs = event.nowNs;
    s.payload = event.payload;
    s.reqId = event.reqId;
    this.request();
  }

  onOk(event: WorkOk): void {
    if (this.awaits(event.reqId)) this.state.pc = "Done";
  }

  onErr(event: WorkErr): void {
    if (!this.awaits(event.reqId)) return;
    const s = this.state;
    if (!event.transient || s.attempt >= s.maxAttempts) {
      s.pc = "Failed";
      return;
    }
    const policy = new RetryPolicy(s.maxAttempts, satMul(s.baseDelayMs, NS_PER_MS), u64.MAX_VALUE);
    this.effects.timerSet(satAdd(s.anchorNs, policy.wait(s.attempt - 1)), s.reqId);
    s.attempt++;
  }

  onTimer(event: TimerFired): void {
    const key = event.requested.key;
    if (key !== null && this.awaits(key)) this.request();
  }

  private awaits(reqId: string): bool {
    return this.state.pc == "Waiting" && this.state.reqId == reqId;
  }

  private request(): void {
    this.emit(new WorkRequested(this.state.reqId, this.state.payload, this.state.attempt));
  }
}
