/**
 * How large a value in a plan may be. Steps that join a text to itself would double it each time, and a
 * record that holds one value twice shares it in memory but not in bytes.
 */

import { LIMITS } from "../values/limits.ts";
import type { Value } from "../values/value.ts";
import { PlanError } from "./errors.ts";

/** Every part takes at least a byte, so what could enter as one event always fits. */
const ITEM_BYTES = 1;

/** Throws `PlanError` with `plan.too_large`. Never looks at more than the limit allows. */
export function checkSize(value: Value): void {
  new Measure(LIMITS.planValueBytesMax).take(value);
}

class Measure {
  #left: number;

  constructor(max: number) {
    this.#left = max;
  }

  take(value: Value): void {
    this.#spend(ITEM_BYTES);
    switch (value.kind) {
      case "list":
      case "set":
        for (const item of value.items) this.take(item);
        return;
      case "map":
        for (const [key, item] of value.entries) {
          this.take(key);
          this.take(item);
        }
        return;
      case "record":
        for (const [name, field] of value.fields) {
          this.#spend(name.length);
          this.take(field);
        }
        return;
      case "text":
      case "bytes":
      case "dec128":
        this.#spend(value.value.length);
    }
  }

  #spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) {
      throw new PlanError("plan.too_large", `a value is over the limit of ${LIMITS.planValueBytesMax} bytes`);
    }
  }
}
