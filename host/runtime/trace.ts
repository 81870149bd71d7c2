/**
 * Where a run is, for instruments: each stage is published on the diagnostics channel `airloom:stage`
 * (`node:diagnostics_channel`). Nobody listening costs one check.
 */

import { channel } from "node:diagnostics_channel";
import type { FrameSeq } from "../values/brand.ts";

export type Stage =
  /** A store is open and no frame of this opening was made. */
  | "opened"
  /** A frame is made in memory and about to be written. */
  | "frame.sealed"
  /** The frame is durable; its intents are not yet started. */
  | "frame.durable"
  /** The frame's intents are with their adapters. */
  | "frame.published"
  /** An adapter handed a receipt in. */
  | "receipt.received"
  /** Nothing is pending and no intent is open. */
  | "idle";

export interface StageMessage {
  readonly stage: Stage;
  readonly frame: FrameSeq;
}

const stages = channel("airloom:stage");

export function trace(stage: Stage, frame: FrameSeq): void {
  if (stages.hasSubscribers) stages.publish({ stage, frame } satisfies StageMessage);
}
