/** A journal's frames back to what once entered. Only this part of a frame is ever believed. */

import { intentId } from "../../effects/intent.ts";
import type { ReceiptStatus } from "../../effects/receipt.ts";
import type { Entry, Frame } from "../../journal/frame.ts";
import type { Cell } from "../../journal/record.ts";
import type { Ingress } from "../../kernel/ingress.ts";
import type { Definitions, Genesis } from "../../kernel/state.ts";
import type { FrameSeq, Hash, RecordSeq } from "../../values/brand.ts";
import { AirloomError } from "../../values/errors.ts";

/** Finds the definitions an ingress names. */
export type FindDefinitions = (manifest: Hash, settings: Hash) => Promise<Definitions>;

/** The ingress of a frame. Throws `journal.corrupt` when its first record is none. */
export async function ingressOf(frame: Frame, find: FindDefinitions): Promise<Ingress> {
  const first = frame.records[0];
  switch (first?.kind) {
    case "genesis":
      return {
        kind: "genesis",
        genesis: genesisOf(first),
        definitions: await find(first.manifestHash, first.settingsHash),
      };
    case "manifest":
      return { kind: "manifest", definitions: await find(first.manifestHash, first.settingsHash) };
    case "domain_event":
      return { kind: "event", schema: first.schema, value: first.value, key: first.key };
    case "effect_receipt":
      return {
        kind: "receipt",
        intent: intentId(first.intentFrame as FrameSeq, Number(first.intentOrdinal)),
        receipt: {
          adapterId: first.adapterId,
          status: first.status as ReceiptStatus,
          payload: first.payload,
          costCents: first.costCents,
          signature: first.signature,
          tries: first.tries,
        },
      };
    case "plan_start":
      return { kind: "plan", plan: first.plan, input: first.input, correlation: first.correlation };
    case "redeliver":
      return {
        kind: "redeliver",
        delivery: first.delivery as RecordSeq,
        cell: cellOf(frame, first.cell),
        schema: first.schema,
        value: first.value,
      };
    case "dismiss": {
      const { fault, cell, reason } = first;
      return { kind: "dismiss", fault: fault as RecordSeq, cell, reason };
    }
    case "continue":
      return { kind: "continue" };
    case "snapshot":
      return { kind: "snapshot" };
    default:
      throw noIngress(frame, first === undefined ? "no record" : `a ${first.kind} record`);
  }
}

function cellOf(frame: Frame, cell: Cell | null): Cell {
  if (cell === null) throw noIngress(frame, "a redelivery to no cell");
  return cell;
}

function noIngress({ head }: Frame, found: string): AirloomError {
  const message = `frame ${head.frame} begins with ${found}, which is no ingress`;
  return new AirloomError("corrupt", "journal.corrupt", message, {
    fields: { frame: head.frame, record: 0, reason: found },
  });
}

function genesisOf(record: Extract<Frame["records"][number], { kind: "genesis" }>): Genesis {
  const { worldId, limitsProfile, fuelSchedule, behaviourFlags, publicKey } = record;
  return { worldId: worldId as Genesis["worldId"], limitsProfile, fuelSchedule, behaviourFlags, publicKey };
}

/** Stamp and sender of a frame, as they entered. */
export function entryOf(frame: Frame): Entry {
  const { logicalNs, wallNs, entropy, by, ingressId, requestDigest } = frame.head;
  return { logicalNs, wallNs, entropy, by, ingressId, requestDigest };
}
