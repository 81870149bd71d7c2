import { Accepted, Gathered, LookUp, Part, ShelfReducer, Summary, Verdict } from "./air";

/** Keeps what three services say of a product, and says what is missing. There is a cell for each product. */
export class Shelf extends ShelfReducer {
  // `Accepted` starts the plan that asks the services: one at a time for each product, so no older answer comes after a
  // newer one. Whoever asks meanwhile is told by the summary that is on its way.
  onAsked(_event: LookUp): void {
    if (this.state.verdict == Verdict.Gathering) return;
    this.state.verdict = Verdict.Gathering;
    this.emit(new Accepted(this.key));
  }

  // All three have answered, or failed to. What a service said before is kept when it has nothing to say now.
  onGathered(event: Gathered): void {
    const s = this.state;
    if (s.verdict != Verdict.Gathering) return;
    s.missing = [];
    s.price = this.take("price", event.price, s.price);
    s.stock = this.take("stock", event.stock, s.stock);
    s.reviews = this.take("reviews", event.reviews, s.reviews);
    s.verdict = verdictOf(s.missing.length);
    this.emit(new Summary(this.key, s.verdict, s.missing));
  }

  private take(name: string, part: Part, before: string | null): string | null {
    if (part.good) return part.body;
    this.state.missing.push(name);
    return before;
  }
}

function verdictOf(missing: i32): Verdict {
  if (missing == 0) return Verdict.Complete;
  return missing < 3 ? Verdict.Partial : Verdict.Nothing;
}
