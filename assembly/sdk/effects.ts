import { StepOutput } from "../abi/envelope";
import { Value } from "../cbor/value";
import { Writer } from "../cbor/writer";
import { hashText } from "./hash";

/**
 * The effects a reducer may ask for. Each needs a grant, found through its capability slot; slot `null` is the
 * slot named `default`. A reducer may ask for one in a delivery, a workflow for several.
 */
export class Effects {
  constructor(private output: StepOutput) {}

  /**
   * Asks for a `sys/TimerFired@1` at a logical time (ns since the Unix epoch; a past one fires now). `key`
   * comes back in its `requested`.
   */
  timerSet(deliverAtNs: u64, key: string | null = null, slot: string | null = null): void {
    this.raw("timer.set", new TimerSetParams(deliverAtNs, key), slot);
  }

  /** Stores bytes, answered by a `sys/BlobPutResult@1`; gives the hash they will be found by. */
  blobPut(bytes: Uint8Array, slot: string | null = null): string {
    const ref = hashText(bytes);
    this.raw("blob.put", new BlobPutParams(ref, bytes), slot);
    return ref;
  }

  /** Asks for the bytes of a hash, which a `sys/BlobGetResult@1` brings. */
  blobGet(blobRef: string, slot: string | null = null): void {
    this.raw("blob.get", new BlobGetParams(blobRef), slot);
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

class TimerSetParams implements Value {
  constructor(
    private deliverAtNs: u64,
    private timerKey: string | null,
  ) {}

  schema(): string {
    return "sys/TimerSetParams@1";
  }

  encode(w: Writer): void {
    w.map(2);
    const key = this.timerKey;
    w.key("key");
    if (key !== null) w.text(key);
    else w.none();
    w.key("deliver_at_ns").nat(this.deliverAtNs);
  }
}

class BlobPutParams implements Value {
  constructor(
    private blobRef: string,
    private contents: Uint8Array,
  ) {}

  schema(): string {
    return "sys/BlobPutParams@1";
  }

  encode(w: Writer): void {
    w.map(2);
    w.key("bytes").bytes(this.contents);
    w.key("blob_ref").text(this.blobRef);
  }
}

class BlobGetParams implements Value {
  constructor(private blobRef: string) {}

  schema(): string {
    return "sys/BlobGetParams@1";
  }

  encode(w: Writer): void {
    w.map(1);
    w.key("blob_ref").text(this.blobRef);
  }
}
