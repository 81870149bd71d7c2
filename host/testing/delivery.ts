/**
 * One delivery by itself: the kernel's own, with its checks of state, events and effects, on the real wasm; what
 * it emits goes nowhere.
 */

import type { Reducer } from "../air/manifest.ts";
import type { Entry, Frame } from "../journal/frame.ts";
import { MemoryCells } from "../kernel/cells.ts";
import { deliver } from "../kernel/deliver.ts";
import { Draft } from "../kernel/draft.ts";
import { CellLedger } from "../kernel/ledger.ts";
import type { ModuleHost, StepOutput } from "../kernel/ports.ts";
import type { Definitions } from "../kernel/state.ts";
import { World } from "../kernel/world.ts";
import type { LogicalTimeNs, WallTimeNs, WorldId } from "../values/brand.ts";
import { type Cbor, canon, decodeCbor } from "../values/cbor.ts";
import { LIMITS_PROFILE } from "../values/limits.ts";

/** Fields of `sys/ReducerContext@1` by AIR's names. */
export type ContextFields = ReadonlyMap<string, Cbor>;

export interface DeliveryInput {
  readonly reducer: Reducer;
  /** Canonical bytes; null for a cell that does not exist. */
  readonly state: Uint8Array | null;
  /** Canonical bytes, empty for a single cell. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly arm: string | null;
  readonly nowNs: bigint;
  readonly entropy: Uint8Array;
  /** In place of what the call context would say. */
  readonly context: ContextFields;
}

export interface DeliveryOutput {
  readonly frame: Frame;
  /** State after the delivery: what it was before where it faulted. */
  readonly state: Uint8Array | null;
  /** What the module answered; null when the call itself failed. */
  readonly output: StepOutput | null;
  /** The engine's words about a trap, and what else is never journaled. */
  readonly notes: readonly string[];
}

/** Throws `AirloomError` of kind `host` where this machine failed. */
export function deliverAlone(
  definitions: Definitions,
  modules: ModuleHost,
  input: DeliveryInput,
): DeliveryOutput {
  const { reducer, key, value, arm } = input;
  const cell = { reducer: reducer.module.name, key };
  const cells = new MemoryCells();
  if (input.state !== null) cells.load(cell, input.state);
  let output: StepOutput | null = null;
  const watched: ModuleHost = {
    ...modules,
    step(hash, given) {
      const context = given.context === null ? null : withFields(given.context, input.context);
      const result = modules.step(hash, { ...given, context });
      if (result.ok) output = result.output;
      return result;
    },
  };
  const draft = new Draft(
    freshWorld(definitions, watched, input).state,
    entryOf(input),
    cells,
    new CellLedger(),
  );
  const schema = reducer.event.name;
  const carried = key.length > 0 ? key : null;
  const event = draft.add({ kind: "domain_event", cause: null, cell: null, schema, value, key: carried });
  const seq = draft.recordSeq(event);
  const task = {
    kind: "delivery",
    cell,
    arm,
    schema,
    value,
    key: carried,
    event: seq,
    cause: event,
  } as const;
  deliver(draft, task, draft.readCell(cell), watched);
  const { frame, notes } = draft.seal();
  const state = cells.read(cell);
  return { frame, state: state === "missing" ? null : state, output, notes: notes.map(({ text }) => text) };
}

function entryOf({ nowNs, entropy }: DeliveryInput): Entry {
  return {
    logicalNs: nowNs as LogicalTimeNs,
    wallNs: nowNs as WallTimeNs,
    entropy,
    by: null,
    ingressId: null,
    requestDigest: null,
  };
}

/** A world that has had its genesis and nothing else. */
function freshWorld(definitions: Definitions, modules: ModuleHost, input: DeliveryInput): World {
  const genesis = {
    worldId: "00".repeat(16) as WorldId,
    limitsProfile: BigInt(LIMITS_PROFILE),
    fuelSchedule: BigInt(definitions.settings.fuelSchedule),
    behaviourFlags: [],
    publicKey: new Uint8Array(32),
  };
  const ports = { modules, cells: new MemoryCells() };
  return World.create(ports, genesis, definitions, entryOf(input)).world;
}

function withFields(context: Uint8Array, fields: ContextFields): Uint8Array {
  if (fields.size === 0) return context;
  const given = decodeCbor(context) as ReadonlyMap<string, Cbor>;
  return canon(new Map([...given, ...fields]));
}
