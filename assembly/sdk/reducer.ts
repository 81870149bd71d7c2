import { StepInput, StepOutput } from "../abi/envelope";
import { Reader } from "../cbor/reader";
import { Value } from "../cbor/value";
import { Writer } from "../cbor/writer";
import { Effects } from "./effects";
import { Intent } from "./intent";
import { ReducerContext } from "./system";

/**
 * Base of every generated reducer class. One object handles one event: the handler of the event's arm changes
 * `state` and emits; all of it applies, or, when the handler aborts, none of it.
 */
export abstract class Reducer<S extends Value> {
  /** The cell's state; what it is when the handler returns is kept. */
  state: S;
  /** What this reducer asks the outside to do. */
  effects: Effects;
  private output: StepOutput;
  private context: Reader | null = null;
  private contextRead: ReducerContext | null = null;

  constructor(state: S) {
    this.state = state;
    const output = new StepOutput();
    this.output = output;
    this.effects = new Effects(output);
  }

  /** Time, entropy and place of this call. Aborts unless the module's definition declares a context. */
  get ctx(): ReducerContext {
    const read = this.contextRead;
    if (read !== null) return read;
    const bytes = this.context;
    if (bytes === null) {
      throw new Error('no call context: declare "context": "sys/ReducerContext@1" in the module\'s abi');
    }
    const decoded = ReducerContext.decode(bytes);
    this.contextRead = decoded;
    return decoded;
  }

  /** Emits an event. */
  emit(value: Value): void {
    this.output.addEvent(value, null);
  }

  /** Prepares an event that carries a key. */
  intent(value: Value): Intent {
    return new Intent(this.output, value);
  }

  /** Attaches a note to this delivery; the last one counts. */
  annotate(value: Value): void {
    this.output.annotate(value);
  }

  /** Called before the first event of a cell that has no state yet; what it sets is the initial state. */
  init(): void {}

  /** Generated: reads a state. */
  protected abstract decodeState(r: Reader): S;

  /** Generated: reads an event of this schema and calls the handler of its arm. */
  protected abstract dispatch(schema: string, r: Reader): void;

  /** One step, from input envelope to output envelope. */
  run(start: usize, length: usize): Writer {
    const input = StepInput.read(start, length);
    this.context = input.context;
    const state = input.state;
    if (state === null) {
      this.init();
    } else {
      this.state = this.decodeState(state);
      state.done();
    }
    const event = input.event;
    if (event === null) throw new Error("the input has no event");
    this.dispatch(input.schema, event);
    event.done();
    return this.output.finish(this.state);
  }
}
