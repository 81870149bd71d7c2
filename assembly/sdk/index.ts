/** What the author of a reducer imports: `import { ... } from "airloom/assembly/sdk"`. */

export { Reader } from "../cbor/reader";
export { Value } from "../cbor/value";
export { Writer } from "../cbor/writer";
export { backoff, checkedAdd, checkedMul, checkedSub, satAdd, satMul, satSub } from "./arithmetic";
export { Effects } from "./effects";
export { fail } from "./fail";
export { Intent } from "./intent";
export { Reducer } from "./reducer";
export { Some } from "./some";
export { ReducerContext, TimerFired, TimerSetParams, TimerSetReceipt } from "./system";
