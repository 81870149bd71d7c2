/**
 * Where a definition was written, and the list of what is wrong with it. Checks speak of JSON pointers into
 * one definition; an origin turns them into a file, a line and a column.
 */

import { compareText } from "../values/bytes.ts";
import { AirloomError, type Diagnostic } from "../values/errors.ts";

/** Which part of a member a fault is about. */
export type Part = "key" | "value";

/** Where something stands: `file` null for what was not read from a file (built-ins, recorded definitions). */
export interface Origin {
  readonly file: string | null;
  /** `pointer` is relative to the definition; what comes back is relative to the file. */
  locate(pointer: string, part: Part): Location;
}

export interface Location {
  readonly pointer: string;
  /** From 1 on; null where there is no text. */
  readonly line: number | null;
  readonly column: number | null;
}

/** What a check has to say about a place. */
export interface Fault {
  readonly code: string;
  readonly pointer: string;
  readonly message: string;
  readonly part?: Part;
  readonly expected?: string;
  readonly found?: string;
  readonly hint?: string;
}

/** Takes the faults of one definition. */
export type Report = (fault: Fault) => void;

/** A definition with the place it came from. */
export interface Sourced<Definition> {
  readonly definition: Definition;
  readonly origin: Origin;
}

/** Beyond this many, faults are only counted: a file of a million wrong items has one cause. */
const LISTED_MAX = 1000;

/** The faults of everything that is loaded together. */
export class FaultList {
  readonly #diagnostics: Diagnostic[] = [];
  readonly #listed = new Set<string>();
  #errors = 0;

  /** Whether something was refused. */
  get failed(): boolean {
    return this.#errors > 0;
  }

  error(origin: Origin, fault: Fault): void {
    this.#add("error", origin, fault);
  }

  warning(origin: Origin, fault: Fault): void {
    this.#add("warning", origin, fault);
  }

  /** A report for the faults of one definition. */
  errorsOf(origin: Origin): Report {
    return (fault) => this.error(origin, fault);
  }

  #add(severity: "error" | "warning", origin: Origin, fault: Fault): void {
    if (severity === "error") this.#errors += 1;
    const { pointer, line, column } = origin.locate(fault.pointer, fault.part ?? "value");
    const key = `${origin.file} ${pointer} ${fault.code} ${fault.message}`;
    if (this.#listed.has(key) || this.#diagnostics.length >= LISTED_MAX) return;
    this.#listed.add(key);
    this.#diagnostics.push({
      code: fault.code,
      severity,
      message: fault.message,
      pointer,
      ...(origin.file === null ? {} : { file: origin.file }),
      ...(line === null ? {} : { line }),
      ...(column === null ? {} : { column }),
      ...(fault.expected === undefined ? {} : { expected: fault.expected }),
      ...(fault.found === undefined ? {} : { found: fault.found }),
      ...(fault.hint === undefined ? {} : { hint: fault.hint }),
    });
  }

  /** In order of file, line, column, pointer, code. */
  sorted(): readonly Diagnostic[] {
    return [...this.#diagnostics].sort(compareDiagnostics);
  }

  warnings(): readonly Diagnostic[] {
    return this.sorted().filter((diagnostic) => diagnostic.severity === "warning");
  }

  /** Throws `manifest.invalid` with everything that was found, when something was refused. */
  throwIfFailed(): void {
    if (this.#errors === 0) return;
    const diagnostics = this.sorted();
    const first = diagnostics.find((diagnostic) => diagnostic.severity === "error");
    const more = this.#errors === 1 ? "" : ` (and ${this.#errors - 1} more)`;
    throw new AirloomError("manifest", "manifest.invalid", `${first?.message ?? "invalid"}${more}`, {
      diagnostics,
      fields: { errors: this.#errors },
    });
  }
}

function compareDiagnostics(a: Diagnostic, b: Diagnostic): number {
  return (
    compareText(a.file ?? "", b.file ?? "") ||
    (a.line ?? 0) - (b.line ?? 0) ||
    (a.column ?? 0) - (b.column ?? 0) ||
    compareText(a.pointer ?? "", b.pointer ?? "") ||
    compareText(a.code, b.code) ||
    compareText(a.message, b.message)
  );
}

/** The origin of what was not read from a file; `name` says what it is. */
export function unwritten(name: string): Origin {
  return { file: null, locate: (pointer) => ({ pointer: `${name}${pointer}`, line: null, column: null }) };
}
