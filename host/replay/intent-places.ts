/** Open intents of one run by those of another whose place they took: the n-th of a kind, by one origin, in a frame. */

import { intentId } from "../effects/intent.ts";
import type { Frame } from "../journal/frame.ts";
import type { RecordOf } from "../journal/record.ts";
import type { FrameSeq, IntentId } from "../values/brand.ts";

export interface IntentPlace {
  readonly id: IntentId;
  /** Whether it asks for the same. */
  readonly same: boolean;
}

export class IntentPlaces {
  readonly #places = new Map<IntentId, IntentPlace>();

  note(before: Frame, after: Frame): void {
    const taken = new Map<string, RecordOf<"effect_intent">[]>();
    for (const record of intentsOf(after)) {
      const key = keyOf(record);
      taken.set(key, [...(taken.get(key) ?? []), record]);
    }
    for (const record of intentsOf(before)) {
      const other = taken.get(keyOf(record))?.shift();
      if (other === undefined) continue;
      const id = intentId(before.head.frame as FrameSeq, Number(record.ordinal));
      this.#places.set(id, {
        id: intentId(after.head.frame as FrameSeq, Number(other.ordinal)),
        same: other.intentHash === record.intentHash,
      });
    }
  }

  /** Undefined where no intent took its place; an intent is answered once. */
  take(id: IntentId): IntentPlace | undefined {
    const place = this.#places.get(id);
    this.#places.delete(id);
    return place;
  }
}

function intentsOf({ records }: Frame): readonly RecordOf<"effect_intent">[] {
  return records.filter((record) => record.kind === "effect_intent");
}

function keyOf({ effectKind, originName, step }: RecordOf<"effect_intent">): string {
  return `${effectKind} ${originName} ${step ?? ""}`;
}
