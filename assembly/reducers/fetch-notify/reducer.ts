import { utf8Text } from "airloom/assembly/sdk";
import {
  Accepted,
  BlobGetResult,
  Fetch,
  Fetched,
  FetchFailed,
  Notice,
  NotifierPhase,
  NotifierReducer,
} from "./air";

/** More bytes than this are counted, not shown. */
const SHOWN_BYTES_MAX = 1000;

/** Says in one sentence what became of a page. There is a cell for each id, and an id is for one page. */
export class Notifier extends NotifierReducer {
  // `Accepted` starts the plan that makes the request: one for each id, however often that is used.
  onAsked(event: Fetch): void {
    if (this.state.phase != NotifierPhase.Unknown) return; // used before: the first page counts
    this.state.page = event.page;
    this.state.phase = NotifierPhase.Fetching;
    this.emit(new Accepted(this.key, event.page));
  }

  // There was an answer. Whether it is a good one is for this world to say: to the adapter, all are.
  onFetched(event: Fetched): void {
    if (!this.awaits(event.page)) return;
    if (event.status >= 200 && event.status < 300) this.read("says: ", event.body);
    else this.notify(refusal(event));
  }

  // There was none. What the adapter has to say about it is a blob, as a body is.
  onFailed(event: FetchFailed): void {
    if (!this.awaits(event.page)) return;
    this.read("could not be fetched: ", event.why);
  }

  onRead(event: BlobGetResult): void {
    if (this.state.phase != NotifierPhase.Reading || event.requested.blobRef != this.state.reading) return;
    const bytes = event.receipt.bytes;
    let shown = utf8Text(bytes);
    if (event.status != "ok") shown = "something that cannot be read here";
    else if (bytes.length > SHOWN_BYTES_MAX) shown = bytes.length.toString() + " bytes";
    else if (shown === null) shown = "something that is no text";
    this.notify(this.state.notice + shown);
  }

  /** Whether an answer about this page is still to come. */
  private awaits(page: string): bool {
    return this.state.phase == NotifierPhase.Fetching && page == this.state.page;
  }

  /** Bodies are not in the journal, only their hashes are: whoever wants to know what one says has to ask. */
  private read(before: string, body: string | null): void {
    if (body === null) return this.notify(before + "nothing");
    this.state.phase = NotifierPhase.Reading;
    this.state.notice = before;
    this.state.reading = body;
    this.effects.blobGet(body);
  }

  private notify(what: string): void {
    this.state.phase = NotifierPhase.Notified;
    this.state.notice = what;
    this.state.reading = null;
    this.emit(new Notice(this.key, this.state.page + " " + what));
  }
}

/** An answer that brings no page. Header names come in lower case. */
function refusal(event: Fetched): string {
  const headers = event.headers;
  if (headers.has("location")) return "is now at " + headers.get("location");
  const answered = "was answered with " + event.status.toString();
  return headers.has("retry-after") ? answered + ", retry-after " + headers.get("retry-after") : answered;
}
