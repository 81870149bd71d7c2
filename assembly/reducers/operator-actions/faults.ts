import { Some } from "airloom/assembly/sdk";
import { Fault } from "./air";

/** So many faults are told one by one: a delivery's output is bounded. */
const TOLD_MAX: i32 = 100;
/** How much of a name that was found is repeated, in UTF-16 units. */
const SHOWN_MAX: i32 = 64;

/** All that is wrong with a proposal or a configuration: where, what kind of fault, and in words. */
export class Faults {
  list: Array<Fault> = [];
  private untold: u64 = 0;

  /** `action` counts from 1; 0, and null for the names, where a fault is not about one. */
  add(action: u64, kind: string | null, parameter: string | null, code: string, message: string): void {
    if (this.list.length >= TOLD_MAX) {
      this.untold++;
      return;
    }
    const about = action > 0 ? new Some<u64>(action) : null;
    const shownKind = kind !== null ? shown(kind) : null;
    const shownParameter = parameter !== null ? shown(parameter) : null;
    this.list.push(new Fault(about, shownKind, shownParameter, code, message));
  }

  none(): bool {
    return this.list.length == 0;
  }

  /** The list, and how many more there are. */
  all(): Array<Fault> {
    if (this.untold > 0) {
      this.list.push(new Fault(null, null, null, "more_faults", "and " + this.untold.toString() + " more"));
      this.untold = 0;
    }
    return this.list;
  }
}

/** A text that may be repeated: cut to a length in UTF-16 units. */
export function shown(text: string, most: i32 = SHOWN_MAX): string {
  if (text.length <= most) return text;
  // Half a surrogate pair has no UTF-8 form.
  const isPair = (text.charCodeAt(most - 1) & 0xfc00) == 0xd800;
  return text.substring(0, isPair ? most - 1 : most) + "…";
}
