import { StepOutput } from "../abi/envelope";
import { Value } from "../cbor/value";
import { TimerSetParams } from "./system";

/** The effects a reducer may ask for. Each needs a grant, found through its capability slot. */
export class Effects {
  constructor(private output: StepOutput) {}

  /**
   * Asks for a `sys/TimerFired@1` at a logical time (ns since the Unix epoch; a past one fires now). `key`
   * comes back in its `requested`. Slot `null` is the slot named `default`.
   */
  timerSet(deliverAtNs: u64, key: string | null = null, slot: string | null = null): void {
    this.raw("timer.set", new TimerSetParams(deliverAtNs, key), slot);
  }

  /** Any effect by its kind. An idempotency key has 32 bytes. */
  raw(
    kind: string,
    params: Value,
    slot: string | null = null,
    idempotencyKey: Uint8Array | null = null,
  ): void {
    this.output.addEffect(kind, params, slot, idempotencyKey);
  }
}
