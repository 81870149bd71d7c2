/**
 * A snapshot of an idle world as one blob: canonical CBOR, so that the same world always gives the same
 * bytes. Cells are not in it, only their number and sum per reducer; the store keeps them.
 */

import type { OpenIntent } from "../effects/intent.ts";
import { intentId } from "../effects/intent.ts";
import type { Frame } from "../journal/frame.ts";
import { headAfter } from "../journal/frame.ts";
import type { Origin } from "../journal/origin.ts";
import type { FrameSeq, Hash, LogicalTimeNs, WorldId } from "../values/brand.ts";
import { fromHex, toHex } from "../values/bytes.ts";
import { type Cbor, decodeCbor, encodeCbor } from "../values/cbor.ts";
import { AirloomError } from "../values/errors.ts";
import { digestOf, hashFromDigest } from "../values/hash.ts";
import type { CellSum } from "./ledger.ts";
import { type Definitions, type Genesis, NOTHING_PENDING, pendingCount, type WorldState } from "./state.ts";

const VERSION = 1n;

/** Throws `snapshot.not_idle` (kind `retry`) while work is pending or a plan is under way. */
export function encodeSnapshot(state: WorldState, cells: ReadonlyMap<string, CellSum>): Uint8Array {
  if (pendingCount(state.pending) > 0 || state.instances.size > 0) {
    throw new AirloomError("retry", "snapshot.not_idle", "the world still has work to do");
  }
  const { genesis, definitions } = state;
  return encodeCbor(
    new Map<string, Cbor>([
      ["version", VERSION],
      ["world", fromHex(genesis.worldId)!],
      ["limits_profile", genesis.limitsProfile],
      ["fuel_schedule", genesis.fuelSchedule],
      ["behaviour_flags", genesis.behaviourFlags],
      ["public_key", genesis.publicKey],
      ["manifest", digestOf(definitions.manifest.hash)],
      ["settings", digestOf(definitions.settingsHash)],
      ["logical_ns", state.lastLogicalNs],
      ["next_instance", state.nextInstance],
      ["plan_next", state.pending.planNext],
      ["intents", [...state.intents.values()].map(intentItem)],
      ["cells", [...cells].map(([reducer, { count, sum }]) => [reducer, count, sumBytes(sum)])],
    ]),
  );
}

function intentItem(intent: OpenIntent): Cbor {
  return [
    intent.frame,
    BigInt(intent.ordinal),
    intent.kind,
    intent.capName,
    intent.params,
    intent.idempotencyKey,
    intent.origin.kind,
    intent.origin.name,
    intent.cell === null ? null : [intent.cell.reducer, intent.cell.key],
    digestOf(intent.hash),
  ];
}

function sumBytes(sum: bigint): Uint8Array {
  return fromHex(sum.toString(16).padStart(64, "0"))!;
}

/** What a snapshot holds, before its definitions are found. */
export interface SnapshotContent {
  readonly manifestHash: Hash;
  readonly settingsHash: Hash;
  readonly cells: ReadonlyMap<string, CellSum>;
  /** The state after the frame that recorded the snapshot. */
  restore(definitions: Definitions, frame: Frame): WorldState;
}

/** Throws `snapshot.corrupt`. */
export function decodeSnapshot(bytes: Uint8Array): SnapshotContent {
  try {
    return readSnapshot(decodeCbor(bytes) as ReadonlyMap<string, never>);
  } catch (error) {
    throw new AirloomError("corrupt", "snapshot.corrupt", "the snapshot cannot be read", { cause: error });
  }
}

function readSnapshot(map: ReadonlyMap<string, never>): SnapshotContent {
  const get = <T>(name: string): T => {
    const value = map.get(name);
    if (value === undefined) throw new TypeError(`a snapshot without ${name}`);
    return value;
  };
  if (get<bigint>("version") !== VERSION) throw new TypeError("a snapshot of another version");
  const cells = get<[string, bigint, Uint8Array][]>("cells");
  const genesis: Genesis = {
    worldId: toHex(get<Uint8Array>("world")) as WorldId,
    limitsProfile: get("limits_profile"),
    fuelSchedule: get("fuel_schedule"),
    behaviourFlags: get("behaviour_flags"),
    publicKey: get<Uint8Array>("public_key").slice(),
  };
  const intents = get<Cbor[][]>("intents").map((item) => readIntent(item));
  const nextInstance = get<bigint>("next_instance");
  const planNext = get<boolean>("plan_next");
  return {
    manifestHash: hashFromDigest(get("manifest")),
    settingsHash: hashFromDigest(get("settings")),
    cells: new Map(
      cells.map(([reducer, count, sum]) => [reducer, { count, sum: BigInt(`0x${toHex(sum)}`) }]),
    ),
    restore: (definitions, frame) => ({
      head: headAfter(frame),
      lastLogicalNs: frame.head.logicalNs as LogicalTimeNs,
      genesis,
      definitions,
      nextInstance,
      instances: new Map(),
      intents: new Map(intents.map((intent) => [intent.id, intent])),
      pending: { ...NOTHING_PENDING, planNext },
    }),
  };
}

function readIntent(item: readonly Cbor[]): OpenIntent {
  const [frame, ordinal, kind, capName, params, key, originKind, originName, cell, hash] = item;
  const [reducer, cellKey] = (cell as [string, Uint8Array] | null) ?? [null, null];
  return {
    id: intentId(frame as FrameSeq, Number(ordinal)),
    frame: frame as FrameSeq,
    ordinal: Number(ordinal),
    kind: kind as string,
    capName: capName as string,
    params: (params as Uint8Array).slice(),
    idempotencyKey: (key as Uint8Array).slice(),
    origin: { kind: originKind as Origin["kind"], name: originName as string },
    cell: reducer === null ? null : { reducer, key: cellKey!.slice() },
    hash: hashFromDigest(hash as Uint8Array),
  };
}
