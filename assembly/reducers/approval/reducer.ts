import { satAdd, satMul } from "airloom/assembly/sdk";
import { Answer, Choice, DeskPhase, DeskReducer, Granted, Opened, Refused, Request, TimerFired } from "./air";

const NS_PER_MS: u64 = 1_000_000;

/** A desk for requests that wait for somebody's answer. There is a cell for each request. */
export class Desk extends DeskReducer {
  // `Opened` starts the plan that waits for the answer: one for each request, however often that is made. A plan cannot
  // set a timer, so the deadline is set here.
  onRequested(event: Request): void {
    const s = this.state;
    if (s.phase != DeskPhase.Unknown) return; // asked for before: the first request counts
    s.phase = DeskPhase.Waiting;
    s.what = event.what;
    s.deadlineNs = satAdd(this.ctx.logicalNowNs, satMul(event.withinMs, NS_PER_MS));
    this.effects.timerSet(s.deadlineNs);
    this.emit(new Opened(this.key));
  }

  onGranted(event: Granted): void {
    this.settle(DeskPhase.Granted, event.by);
  }

  onRefused(event: Refused): void {
    this.settle(event.expired ? DeskPhase.Expired : DeskPhase.Rejected, event.by);
  }

  // Timers are not taken back: this one fires also where the answer came in time. When it did not, the deadline answers
  // in its place, and the plan hears it as it would have heard anybody.
  onDeadline(_event: TimerFired): void {
    if (this.state.phase != DeskPhase.Waiting) return;
    this.emit(new Answer(this.key, Choice.Expired, "the deadline"));
  }

  private settle(phase: DeskPhase, by: string): void {
    if (this.state.phase != DeskPhase.Waiting) return;
    this.state.phase = phase;
    this.state.by = by;
  }
}
