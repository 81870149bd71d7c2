import { StepInput, StepOutput } from "../abi/envelope";
import { Reader } from "../cbor/reader";
import { Value } from "../cbor/value";
import { Writer } from "../cbor/writer";
import { ReducerContext } from "./context";
import { Effects } from "./effects";
import { Intent } from "./intent";
import { Random } from "./random";

/**
 * Base of every generated reducer class. One object handles one event: the handler of the event's arm changes
 * `state` and emits; all of it applies, or, when the handler aborts, none of it.
 */
export abstract class Reducer<S extends Value> {
  /** What this reducer asks the outside to do. */
  effects: Effects;
  private cell: S | null = null;
  private output: StepOutput;
  private cellKey: Reader | null = null;
  private context: Reader | null = null;
  private contextRead: ReducerContext | null = null;
  private randomMade: Random | null = null;

  constructor() {
    const output = new StepOutput();
    this.output = output;
    this.effects = new Effects(output);
  }

  /** The cell's state; what it is when the handler returns is kept. Aborts when the cell was just deleted. */
  get state(): S {
    const cell = this.cell;
    if (cell === null) throw new Error("this cell was deleted: set a state before reading it");
    return cell;
  }

  /** Null deletes the cell: its next event begins with `init` again. */
  set state(value: S | null) {
    this.cell = value;
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

  /** Random numbers of this call, the same on every replay; made of the context's entropy. */
  get random(): Random {
    const made = this.randomMade;
    if (made !== null) return made;
    const random = new Random(this.ctx.entropy);
    this.randomMade = random;
    return random;
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

  /** Generated: name of the schema of the events. */
  protected abstract eventSchema(): string;

  /** Generated: a state of zeros and empty texts, for `init` to change. */
  protected abstract emptyState(): S;

  /** Generated: reads a state. */
  protected abstract decodeState(r: Reader): S;

  /** Generated: reads an event and calls the handler of its arm. */
  protected abstract dispatch(r: Reader): void;

  /** For generated code: where the key of this cell is read from. */
  protected readKey(): Reader {
    const key = this.cellKey;
    if (key === null) throw new Error("this event has no cell key");
    return key.again();
  }

  /** One step, from input envelope to output envelope. */
  run(start: usize, length: usize): Writer {
    const input = StepInput.read(start, length, this.eventSchema());
    this.context = input.context;
    this.cellKey = input.key;
    const state = input.state;
    if (state === null) {
      this.cell = this.emptyState();
      this.init();
    } else {
      this.cell = this.decodeState(state);
      state.done();
    }
    const event = input.event;
    if (event === null) throw new Error("the input has no event");
    this.dispatch(event);
    event.done();
    return this.output.finish(this.cell);
  }
}
