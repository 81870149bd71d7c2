/** What a world remembers between frames, beside its cells. */

import type { Manifest } from "../air/manifest.ts";
import type { Settings } from "../air/settings.ts";
import type { OpenIntent } from "../effects/intent.ts";
import type { Head } from "../journal/port.ts";
import type { Cell } from "../journal/record.ts";
import type { Instance } from "../plan/instance.ts";
import type { Hash, IntentId, LogicalTimeNs, RecordSeq, WorldId } from "../values/brand.ts";
import type { Waiters } from "./waiters.ts";

/** Everything that decides what a world does, but its past. */
export interface Definitions {
  readonly manifest: Manifest;
  readonly settings: Settings;
  readonly settingsHash: Hash;
}

/** What genesis fixed for good. */
export interface Genesis {
  readonly worldId: WorldId;
  readonly limitsProfile: bigint;
  readonly fuelSchedule: bigint;
  readonly behaviourFlags: readonly bigint[];
  readonly publicKey: Uint8Array;
}

/** An event on its way to one cell. */
export interface DeliveryTask {
  readonly kind: "delivery";
  readonly cell: Cell;
  readonly arm: string | null;
  /** Schema and canonical bytes as the reducer gets them. */
  readonly schema: string;
  readonly value: Uint8Array;
  readonly key: Uint8Array | null;
  /** Record sequence of the event. */
  readonly event: RecordSeq;
  /** Its index in the frame at work; null once the task was left over from an earlier frame. */
  readonly cause: number | null;
}

export interface TurnTask {
  readonly kind: "turn";
  readonly instance: bigint;
  readonly cause: number | null;
}

export type Task = DeliveryTask | TurnTask;

/** Work that a frame limit left over. Two queues; when both hold work they take turns, plans first. */
export interface Pending {
  readonly deliveries: readonly DeliveryTask[];
  readonly turns: readonly TurnTask[];
  readonly planNext: boolean;
}

/** Changed in one place only: where a sealed draft is merged (draft.ts). */
export interface WorldState {
  head: Head;
  lastLogicalNs: LogicalTimeNs;
  readonly genesis: Genesis;
  definitions: Definitions;
  /** Hash of the newest snapshot; null when none was taken. */
  lastSnapshot: Hash | null;
  nextInstance: bigint;
  readonly instances: Map<bigint, Instance>;
  /** Which of the instances wait for which events. */
  readonly waiters: Waiters;
  /** In the order they were emitted. */
  readonly intents: Map<IntentId, OpenIntent>;
  pending: Pending;
}

export const NOTHING_PENDING: Pending = { deliveries: [], turns: [], planNext: true };

export function pendingCount(pending: Pending): number {
  return pending.deliveries.length + pending.turns.length;
}
