import { abort } from "../abi/fault";

/**
 * Refuses the event being handled: nothing of this delivery applies and the reason is journaled. `throw new
 * Error(reason)` does the same and names the line as well; use that for what should void happen.
 */
export function fail(reason: string): void {
  abort(reason, null, 0, 0);
}
