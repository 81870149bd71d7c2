import { Gathered, LookUp, Part, ShelfReducer, Summary, Verdict } from "./air";

/** Keeps what three services say of a product, and says what is missing. There is a cell for each product. */
export class Shelf extends ShelfReducer {
  // The same event starts the plan that asks the services.
  onAsked(_event: LookUp): void {
    this.state.verdict = Verdict.Gathering;
  }

  // All three have answered, or failed to. What a service said before is kept when it has nothing to say now.
  onGathered(event: Gathered): void {
    const s = this.state;
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
