/** Collects what is wrong with a value, so that all of it is told at once. */

import { AirloomError, type Diagnostic } from "./errors.ts";

/** Beyond this many, faults are only counted: a list of a million wrong items has one cause. */
const LISTED_MAX = 100;

export type ValueFaultCode =
  | "value.wrong_type"
  | "value.out_of_range"
  | "value.malformed"
  | "value.unknown_field"
  | "value.missing_field"
  | "value.unknown_tag"
  | "value.missing_payload"
  | "value.not_canonical"
  | "cbor.invalid";

interface Context {
  readonly expected?: string;
  readonly found?: string;
  readonly hint?: string;
}

export class Faults {
  readonly #listed: Diagnostic[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(code: ValueFaultCode, pointer: string, message: string, context: Context = {}): void {
    this.#count += 1;
    if (this.#listed.length < LISTED_MAX) {
      this.#listed.push({ code, severity: "error", pointer, message, ...context });
    }
  }

  /** Once the list is full: counts a fault and spares the work of describing it. */
  overflows(): boolean {
    if (this.#listed.length < LISTED_MAX) return false;
    this.#count += 1;
    return true;
  }

  wrongType(pointer: string, expected: string, found: string): void {
    this.add("value.wrong_type", pointer, `expected ${expected}, found ${found}`, { expected, found });
  }

  /** Throws `value.invalid` (kind `request`) when there is a fault; `name` says what the value should be. */
  throwIfAny(name: string): void {
    const first = this.#listed[0];
    if (first === undefined) return;
    const where = first.pointer === "" ? "" : ` at ${first.pointer}`;
    const more = this.#count === 1 ? "" : ` (and ${this.#count - 1} more)`;
    throw new AirloomError("request", "value.invalid", `no ${name}${where}: ${first.message}${more}`, {
      diagnostics: this.#listed,
      fields: { schema: name, faults: this.#count },
    });
  }
}
