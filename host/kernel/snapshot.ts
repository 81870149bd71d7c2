/**
 * A snapshot of a world as one blob: canonical CBOR, so that the same world always gives the same bytes. Cells
 * are not in it, only their number and sum per reducer; the store keeps them. Plan instances are, whatever
 * they wait for, each with the plan it began with.
 */

import type { Manifest } from "../air/manifest.ts";
import type { OpenIntent, PlanStep } from "../effects/intent.ts";
import { intentId, NO_IDEMPOTENCY_KEY } from "../effects/intent.ts";
import type { CellSums } from "../journal/cell-sum.ts";
import type { Frame } from "../journal/frame.ts";
import { headAfter } from "../journal/frame.ts";
import type { Origin } from "../journal/origin.ts";
import type { Instance } from "../plan/instance.ts";
import type { FrameSeq, Hash, LogicalTimeNs, RecordSeq, WorldId } from "../values/brand.ts";
import { equalBytes, fromHex, toHex } from "../values/bytes.ts";
import { type Cbor, decodeCbor, encodeCbor } from "../values/cbor.ts";
import { AirloomError } from "../values/errors.ts";
import { digestOf, hashFromDigest, hashOf } from "../values/hash.ts";
import { instanceItem, readInstance, type StoredInstance } from "./instances.ts";
import type { Definitions, DeliveryTask, Genesis, Pending, WorldState } from "./state.ts";
import { indexWaiters, Waiters } from "./waiters.ts";

const VERSION = 1n;

export function encodeSnapshot(state: WorldState, cells: CellSums): Uint8Array {
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
      ["deliveries", state.pending.deliveries.map(deliveryItem)],
      ["turns", state.pending.turns.map(({ instance }) => instance)],
      ["instances", [...state.instances.values()].map(instanceItem)],
      ["intents", [...state.intents.values()].map(intentItem)],
      ["cells", [...cells].map(([reducer, { count, sum }]) => [reducer, count, sumBytes(sum)])],
    ]),
  );
}

function deliveryItem({ cell, arm, schema, value, key, event }: DeliveryTask): Cbor {
  return [cell.reducer, cell.key, arm, schema, value, key, event];
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
    intent.step === null ? null : [intent.step.instance, intent.step.id],
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
  readonly cells: CellSums;
  /** Manifests that plan instances began under; the world's own may be among them. */
  readonly planManifests: readonly Hash[];
  /**
   * The state after the frame that recorded the snapshot. `older` has the manifests of `planManifests` that are
   * not the world's own. Throws `snapshot.corrupt` for an instance whose plan they lack.
   */
  restore(definitions: Definitions, frame: Frame, older?: ReadonlyMap<Hash, Manifest>): WorldState;
}

/** Throws `snapshot.corrupt`. */
export function decodeSnapshot(bytes: Uint8Array): SnapshotContent {
  try {
    return readSnapshot(bytes, decodeCbor(bytes) as ReadonlyMap<string, never>);
  } catch (error) {
    throw new AirloomError("corrupt", "snapshot.corrupt", "the snapshot cannot be read", { cause: error });
  }
}

function readSnapshot(bytes: Uint8Array, map: ReadonlyMap<string, never>): SnapshotContent {
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
  const pending: Pending = {
    deliveries: get<Cbor[][]>("deliveries").map(readDelivery),
    turns: get<bigint[]>("turns").map((instance) => ({ kind: "turn", instance, cause: null })),
    planNext: get<boolean>("plan_next"),
  };
  const instances = get<Cbor[][]>("instances").map(readInstance);
  return {
    manifestHash: hashFromDigest(get("manifest")),
    settingsHash: hashFromDigest(get("settings")),
    cells: new Map(
      cells.map(([reducer, count, sum]) => [reducer, { count, sum: BigInt(`0x${toHex(sum)}`) }]),
    ),
    planManifests: [...new Set(instances.map(({ manifestHash }) => manifestHash))],
    restore(definitions, frame, older = new Map()) {
      const { manifest } = definitions;
      const state: WorldState = {
        head: headAfter(frame),
        lastLogicalNs: frame.head.logicalNs as LogicalTimeNs,
        genesis,
        definitions,
        lastSnapshot: recordedHash(frame) ?? hashOf(bytes),
        nextInstance,
        instances: new Map(
          instances.map((each) => {
            const found = each.manifestHash === manifest.hash ? manifest : older.get(each.manifestHash);
            return [each.id, resumed(each, found)];
          }),
        ),
        waiters: new Waiters(),
        intents: new Map(intents.map((intent) => [intent.id, intent])),
        pending,
      };
      indexWaiters(state);
      return state;
    },
  };
}

/** Of the snapshot that the frame recorded: hashing a blob of 200 MB again takes half a second. */
function recordedHash({ records: [first] }: Frame): Hash | null {
  return first?.kind === "snapshot" ? first.snapshotHash : null;
}

/** The instance with the plan it began with. */
function resumed(stored: StoredInstance, manifest: Manifest | undefined): Instance {
  const { planName, planHash, ...instance } = stored;
  const plan = manifest?.plans.get(planName);
  if (plan !== undefined && plan.hash === planHash) return { ...instance, plan };
  const message = `the plan ${planName} of instance ${instance.id} is not in the manifest it began under`;
  throw new AirloomError("corrupt", "snapshot.corrupt", message);
}

function readDelivery(item: readonly Cbor[]): DeliveryTask {
  const [reducer, cellKey, arm, schema, value, key, event] = item;
  return {
    kind: "delivery",
    cell: { reducer: reducer as string, key: (cellKey as Uint8Array).slice() },
    arm: arm as string | null,
    schema: schema as string,
    value: (value as Uint8Array).slice(),
    key: key === null ? null : (key as Uint8Array).slice(),
    event: event as RecordSeq,
    cause: null,
  };
}

function readIntent(item: readonly Cbor[]): OpenIntent {
  const [frame, ordinal, kind, capName, params, key, originKind, originName, cell, step, hash] = item;
  const [reducer, cellKey] = (cell as [string, Uint8Array] | null) ?? [null, null];
  return {
    id: intentId(frame as FrameSeq, Number(ordinal)),
    frame: frame as FrameSeq,
    ordinal: Number(ordinal),
    kind: kind as string,
    capName: capName as string,
    params: (params as Uint8Array).slice(),
    idempotencyKey: keyOf(key as Uint8Array),
    origin: { kind: originKind as Origin["kind"], name: originName as string },
    cell: reducer === null ? null : { reducer, key: cellKey!.slice() },
    step: step === null ? null : stepOf(step as [bigint, string]),
    hash: hashFromDigest(hash as Uint8Array),
  };
}

/** Most intents have none: a world may open with a million of them. */
function keyOf(key: Uint8Array): Uint8Array {
  return equalBytes(key, NO_IDEMPOTENCY_KEY) ? NO_IDEMPOTENCY_KEY : key.slice();
}

function stepOf([instance, id]: [bigint, string]): PlanStep {
  return { instance, id };
}
