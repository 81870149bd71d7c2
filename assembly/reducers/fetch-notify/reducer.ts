import { utf8Text } from "airloom/assembly/sdk";
import { BlobGetResult, Fetch, Fetched, FetchFailed, Notice, NotifierPhase, NotifierReducer } from "./air";

/** More bytes than this are counted, not shown. */
const SHOWN_BYTES_MAX = 1000;

/** Says in one sentence what became of a page. There is a cell for each id, so nothing here is about two pages. */
export class Notifier extends NotifierReducer {
  // The same event starts the plan that makes the request.
  onAsked(event: Fetch): void {
    this.state.page = event.page;
    this.state.phase = NotifierPhase.Fetching;
    this.state.notice = "";
  }

  // There was an answer. Whether it is a good one is for this world to say: to the adapter, all are.
  onFetched(event: Fetched): void {
    if (this.state.phase != NotifierPhase.Fetching) return;
    if (event.status >= 200 && event.status < 300) this.read("says: ", event.body);
    else this.notify(refusal(event));
  }

  // There was none. What the adapter has to say about it is a blob, as a body is.
  onFailed(event: FetchFailed): void {
    if (this.state.phase != NotifierPhase.Fetching) return;
    this.read("could not be fetched: ", event.why);
  }

  onRead(event: BlobGetResult): void {
    if (this.state.phase != NotifierPhase.Reading) return;
    const bytes = event.receipt.bytes;
    let shown = utf8Text(bytes);
    if (event.status != "ok") shown = "something that cannot be read here";
    else if (bytes.length > SHOWN_BYTES_MAX) shown = bytes.length.toString() + " bytes";
    else if (shown === null) shown = "something that is no text";
    this.notify(this.state.notice + shown);
  }

  /** Bodies are not in the journal, only their hashes are: whoever wants to know what one says has to ask. */
  private read(before: string, body: string | null): void {
    if (body === null) return this.notify(before + "nothing");
    this.state.phase = NotifierPhase.Reading;
    this.state.notice = before;
    this.effects.blobGet(body);
  }

  private notify(what: string): void {
    this.state.phase = NotifierPhase.Notified;
    this.state.notice = what;
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
