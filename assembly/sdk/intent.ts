import { StepOutput } from "../abi/envelope";
import { Value } from "../cbor/value";
import { Writer } from "../cbor/writer";

/**
 * An event about to be emitted with the key of the cell it goes to: `this.intent(value).keyText(id).send()`.
 * Which of the methods fits is what `key_schema` of the receiving module says.
 */
export class Intent {
  private keyBytes: Writer | null = null;

  constructor(
    private output: StepOutput,
    private value: Value,
  ) {}

  /** A key of bytes that are canonical CBOR already, as `this.ctx.key` gives them. */
  key(canonical: Uint8Array): Intent {
    this.open().raw(canonical.dataStart, <usize>canonical.length);
    return this;
  }

  /** A key that is a text, hash or uuid. */
  keyText(key: string): Intent {
    this.open().text(key);
    return this;
  }

  keyNat(key: u64): Intent {
    this.open().nat(key);
    return this;
  }

  keyInt(key: i64): Intent {
    this.open().int(key);
    return this;
  }

  /** A key that is a record or variant, as its generated class. */
  keyValue(key: Value): Intent {
    key.encode(this.open());
    return this;
  }

  send(): void {
    this.output.addEvent(this.value, this.keyBytes);
  }

  private open(): Writer {
    const w = new Writer(64);
    this.keyBytes = w;
    return w;
  }
}
