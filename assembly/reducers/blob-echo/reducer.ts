import { BlobGetResult, BlobPutResult, Echoed, EchoReducer, Find, NotFound, Say } from "./air";

/** Keeps what it is told with the world, reads it back, and says it again. */
export class Echo extends EchoReducer {
  onSay(event: Say): void {
    this.effects.blobPut(event.bytes);
  }

  // The bytes are on the disk before this comes, and found by their hash from now on.
  onPut(event: BlobPutResult): void {
    if (event.status != "ok") return;
    this.state.kept++;
    this.effects.blobGet(event.receipt.blobRef);
  }

  onFind(event: Find): void {
    this.effects.blobGet(event.blobRef);
  }

  // A reducer hears of every effect of its own, also of one that failed. Then the receipt holds nothing, and what
  // was asked for is in `requested`.
  onGot(event: BlobGetResult): void {
    const ref = event.requested.blobRef;
    if (event.status != "ok") {
      this.state.notFound++;
      this.emit(new NotFound(ref));
      return;
    }
    this.state.echoed++;
    this.emit(new Echoed(ref, event.receipt.bytes));
  }
}
