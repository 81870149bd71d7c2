import { StepOutput } from "../abi/envelope";
import { Value } from "../cbor/value";

/** An event about to be emitted: `this.intent(value).key(bytes).send()`. */
export class Intent {
  private keyBytes: Uint8Array | null = null;

  constructor(
    private output: StepOutput,
    private value: Value,
  ) {}

  /** Canonical bytes of the key the event carries. */
  key(bytes: Uint8Array): Intent {
    this.keyBytes = bytes;
    return this;
  }

  send(): void {
    this.output.addEvent(this.value, this.keyBytes);
  }
}
