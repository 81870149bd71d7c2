import { CounterPhase, CounterReducer, Reset, Start, Tick } from "./air";

/** Counts ticks up to a target. Each handler takes one event; what it leaves in the state is kept. */
export class Counter extends CounterReducer {
  // Before its first event the counter is Idle at 0: the empty state.

  onStart(event: Start): void {
    const s = this.state;
    if (s.phase == CounterPhase.Counting) return; // only a reset interrupts a count
    s.target = event.target;
    s.count = 0;
    s.phase = event.target == 0 ? CounterPhase.Done : CounterPhase.Counting;
  }

  onTick(_event: Tick): void {
    const s = this.state;
    if (s.phase != CounterPhase.Counting) return; // a late tick counts for nothing
    s.count++;
    if (s.count == s.target) s.phase = CounterPhase.Done;
  }

  onReset(_event: Reset): void {
    const s = this.state;
    s.phase = CounterPhase.Idle;
    s.count = 0;
    s.target = 0;
  }
}
