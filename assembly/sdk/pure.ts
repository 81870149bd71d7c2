import { PureInput } from "../abi/envelope";
import { Reader } from "../cbor/reader";
import { Writer } from "../cbor/writer";
import { PureContext } from "./context";

/** Base of every generated class of a pure module: one object answers one question. */
export abstract class Pure {
  private context: Reader | null = null;
  private contextRead: PureContext | null = null;

  /** When and where the call happens. Aborts unless the module's definition declares a context. */
  get ctx(): PureContext {
    const read = this.contextRead;
    if (read !== null) return read;
    const bytes = this.context;
    if (bytes === null) {
      throw new Error('no call context: declare "context": "sys/PureContext@1" in the module\'s abi');
    }
    const decoded = PureContext.decode(bytes);
    this.contextRead = decoded;
    return decoded;
  }

  /** Generated: reads the input, asks `run` and writes what it answers. */
  protected abstract answer(r: Reader, w: Writer): void;

  /** One call, from input envelope to output envelope. */
  call(start: usize, length: usize): Writer {
    const input = PureInput.read(start, length);
    this.context = input.context;
    const value = input.value;
    if (value === null) throw new Error("the input has no value");
    const w = new Writer(512);
    w.map(1);
    const at = w.key("output").openEmbedded();
    this.answer(value, w);
    w.closeEmbedded(at);
    value.done();
    return w;
  }
}
