/** What the author of a module imports: `import { ... } from "airloom/assembly/sdk"`. */

export { Reader } from "../cbor/reader";
export { Sorted } from "../cbor/sorted";
export { Unit, Value } from "../cbor/value";
export { Writer } from "../cbor/writer";
export {
  checkedAdd,
  checkedAddInt,
  checkedDiv,
  checkedDivInt,
  checkedMul,
  checkedMulInt,
  checkedSub,
  checkedSubInt,
  satAdd,
  satAddInt,
  satMul,
  satMulInt,
  satScale,
  satSub,
  satSubInt,
  toInt,
  toNat,
} from "./arithmetic";
export { PureContext, ReducerContext } from "./context";
export { Dec128 } from "./dec128";
export { Effects } from "./effects";
export { fail } from "./fail";
export { hashBytes, hashText, hexText, isHash, isUuid, sameUuid, uuidBytes, uuidText } from "./hash";
export { Intent } from "./intent";
export { Pure } from "./pure";
export { Random } from "./random";
export { Reducer } from "./reducer";
export { RetryPolicy } from "./retry";
export { sha256 } from "./sha256";
export { Some } from "./some";
export { utf8Bytes, utf8Text } from "./text";
