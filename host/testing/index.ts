/** What a user's tests import as `airloom/testing`. */

export { runToIdle, VirtualClock } from "./clock.ts";
