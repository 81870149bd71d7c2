/** An event meets the plan instances that wait for it. */

import { withEvent } from "../plan/instance.ts";
import { failure } from "../plan/turn.ts";
import { takesEvent } from "../plan/waiting.ts";
import { forPlans } from "../values/natural.ts";
import type { Value } from "../values/value.ts";
import type { Draft } from "./draft.ts";
import { addEnd } from "./ended.ts";

/**
 * Every instance whose condition the event meets takes it and is queued for a turn; nobody consumes it. One
 * whose condition fails on it ends. The oldest wait is asked first. `index` is the event's record.
 */
export function offerEvent(draft: Draft, name: string, bytes: Uint8Array, index: number): void {
  let event: Value | undefined;
  const read = (): Value => {
    event ??= forPlans(draft.manifest.schemas.get(name)!.decode(bytes));
    return event;
  };
  for (const { instance: id, step } of draft.waiting(name, read)) {
    const instance = draft.instance(id);
    // Of two waits of one instance the first may just have ended it.
    if (instance === undefined || !instance.waits.has(step)) continue;
    try {
      if (!takesEvent(instance, step, read())) continue;
      draft.setInstance(withEvent(instance, step, read()));
      draft.queueTurn(id, index);
    } catch (error) {
      const end = failure(error, step);
      draft.endInstance(id);
      addEnd(draft, index, instance, end);
    }
  }
}
