/**
 * What the kernel calls and later rooms implement. All of it is synchronous: a frame is computed in one go.
 */

import type { ModuleLimits } from "../air/settings.ts";
import type { CellWrite } from "../journal/port.ts";
import type { Cell } from "../journal/record.ts";
import type { Hash, LogicalTimeNs } from "../values/brand.ts";

/** Runs modules in isolation. No result may depend on which calls this process made before. */
export interface ModuleHost {
  /**
   * One delivery. A trap, an abort or bytes that are no output envelope are a `fault`; anything the engine
   * itself failed at (stack exhausted, instantiation refused) is thrown as an `AirloomError` of kind `host`,
   * and nothing may be journaled for it.
   */
  step(module: Hash, input: StepInput): StepResult;
  /** One call of a pure module; what is said of `step` holds for it too. */
  run(module: Hash, input: PureInput): PureResult;
}

/** Views are only read during the call. */
export interface StepInput {
  readonly state: Uint8Array | null;
  readonly schema: string;
  /** Canonical bytes, self-describe tag first. */
  readonly value: Uint8Array;
  readonly key: Uint8Array | null;
  readonly context: Uint8Array | null;
  /** What the settings allow the module; the profile's defaults unless given. */
  readonly limits?: ModuleLimits;
}

/** Views are only read during the call. */
export interface PureInput {
  /** Canonical bytes, self-describe tag first. */
  readonly value: Uint8Array;
  readonly context: Uint8Array | null;
  readonly limits?: ModuleLimits;
}

/** `fuel` is what the call used, in the units of fuel schedule 1; all that was allowed when it ran out. */
export type StepResult =
  | { readonly ok: true; readonly output: StepOutput; readonly fuel: bigint }
  | { readonly ok: false; readonly fault: GuestFault; readonly fuel: bigint };

export type PureResult =
  | { readonly ok: true; readonly output: Uint8Array; readonly fuel: bigint }
  | { readonly ok: false; readonly fault: GuestFault; readonly fuel: bigint };

/** What a module answered; its bytes are the caller's to keep. */
export interface StepOutput {
  /** Null deletes the cell. */
  readonly state: Uint8Array | null;
  readonly events: readonly EmittedEvent[];
  readonly effects: readonly EmittedEffect[];
  readonly annotation: Uint8Array | null;
}

export interface EmittedEvent {
  readonly schema: string;
  readonly value: Uint8Array;
  readonly key: Uint8Array | null;
}

export interface EmittedEffect {
  readonly kind: string;
  readonly params: Uint8Array;
  readonly slot: string | null;
  readonly idempotencyKey: Uint8Array | null;
}

export type GuestFaultCode =
  | "module.abort"
  | "module.trap"
  | "module.output_invalid"
  | "module.out_of_fuel"
  | "module.stack_exceeded"
  | "module.memory_exceeded";

/** Why a call did not answer. Only what every engine would say alike is journaled. */
export interface GuestFault {
  readonly code: GuestFaultCode;
  /** The guest's own words, or which limit it met; empty for a trap, whose words would be the engine's. */
  readonly message: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  /** The engine's words, for the person watching; never journaled. */
  readonly live?: string;
  /** Where it stopped, innermost call first, as the engine tells; never journaled. */
  readonly trace?: readonly TraceFrame[];
}

/** A place in a module as it was admitted. */
export interface TraceFrame {
  readonly functionIndex: number;
  /** Byte offset in the original module. */
  readonly offset: number;
}

/** What a list of cells says of one. */
export interface CellNote {
  readonly key: Uint8Array;
  readonly stateHash: Hash;
  readonly sizeBytes: number;
  /** Logical time of the frame that wrote it last. */
  readonly activeNs: LogicalTimeNs;
}

/** The cells of a world as they were before the frame at work. */
export interface CellCache {
  /** State bytes, null for a cell that does not exist, `missing` when it must be loaded first. */
  read(cell: Cell): Uint8Array | null | "missing";
  /** The cells of a reducer by key bytes; `missing` when the list must be loaded first. */
  list(reducer: string, countMax: number): readonly CellNote[] | "too_many" | "missing";
  /** Takes over what a frame wrote; called once a frame is sealed. */
  apply(writes: readonly CellWrite[]): void;
}
