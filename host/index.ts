/** The public names of airloom. New things start internal (internal.ts) and are widened when they are asked for. */

export type { EffectAnswer, EffectFunction, EffectRequest } from "./adapters/own/own.ts";
export type { Adapter, Blobs, Dispatch, Settle } from "./adapters/port.ts";
export type { Manifest } from "./air/manifest.ts";
export { parsePatch } from "./air/patch.ts";
export type { Settings } from "./air/settings.ts";
export { type BuiltModule, type BuiltWorld, buildWorld } from "./build/build.ts";
export { loadWorldFolder } from "./build/directory.ts";
export { folderModules } from "./build/modules.ts";
export type { Frame, FrameHead, Stamp } from "./journal/frame.ts";
export { openFrame } from "./journal/frame.ts";
export { createMemoryJournal } from "./journal/memory.ts";
export type { AppendResult, Commit, Head, Journal } from "./journal/port.ts";
export type { JournalRecord, RecordKind, RecordOf } from "./journal/record.ts";
export type { Definitions } from "./kernel/state.ts";
export { type Divergence, type ReplayReport, replay, type Verdict } from "./replay/core/replay.ts";
export type { Adapters } from "./runtime/adapters.ts";
export { type HostClock, realClock } from "./runtime/clock.ts";
export { loadDefinitions, loadModules, makeDefinitions } from "./runtime/definitions.ts";
export type { Engine, FrameNotice } from "./runtime/engine.ts";
export { worldPublicKey } from "./runtime/keys.ts";
export { type OpenOptions, openWorld } from "./runtime/open.ts";
export {
  isGenuine,
  type OutsideReceipt,
  type ReceiptOutcome,
  receiptText,
  signReceipt,
} from "./runtime/receipts.ts";
export type { Acknowledgement, Send } from "./runtime/requests.ts";
export { encodeJson } from "./runtime/scenario.ts";
export { openStore, type SqliteStore } from "./store/sqlite.ts";
export type { Epoch, FrameSeq, Hash, IntentId, LogicalTimeNs, RecordSeq, WorldId } from "./values/brand.ts";
export { AirloomError, type Diagnostic, type ErrorKind } from "./values/errors.ts";
export { type Json, JsonNumber, jsonFrom, stringifyJson } from "./values/json.ts";
export type { Schema } from "./values/schema.ts";
export type { Value } from "./values/value.ts";
export { createModuleHost } from "./wasm/host.ts";
