/**
 * Where a definition was written, and the list of what is wrong with it. Checks speak of JSON pointers into
 * one definition; an origin turns them into a file, a line and a column.
 */

import { compareText } from "../values/bytes.ts";
import { AirloomError, type Diagnostic, plainDiagnostic } from "../values/errors.ts";
import { isError } from "./codes.ts";

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

/** What a check has to say about a place; how bad it is, its code says (`codes.ts`). */
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
  readonly #strict: boolean;
  /** At most `LISTED_MAX` of each. */
  readonly #listed: { readonly error: Diagnostic[]; readonly warning: Diagnostic[] } = {
    error: [],
    warning: [],
  };
  readonly #told = new Set<string>();
  #errors = 0;

  /** `strict` makes an error of every warning. */
  constructor(strict = false) {
    this.#strict = strict;
  }

  /** Whether something was refused. */
  get failed(): boolean {
    return this.#errors > 0;
  }

  /** Whether no more errors are listed: what only describes one better need not be worked out. */
  get full(): boolean {
    return this.#listed.error.length >= LISTED_MAX;
  }

  add(origin: Origin, fault: Fault): void {
    const severity = isError(fault.code) || this.#strict ? "error" : "warning";
    if (severity === "error") this.#errors += 1;
    const list = this.#listed[severity];
    if (list.length >= LISTED_MAX) return;
    const { pointer, line, column } = origin.locate(fault.pointer, fault.part ?? "value");
    const { code, message, expected, found, hint } = fault;
    const diagnostic = plainDiagnostic({
      code,
      severity,
      message,
      pointer,
      ...(origin.file === null ? {} : { file: origin.file }),
      ...(line === null ? {} : { line }),
      ...(column === null ? {} : { column }),
      ...(expected === undefined ? {} : { expected }),
      ...(found === undefined ? {} : { found }),
      ...(hint === undefined ? {} : { hint }),
    });
    const key = `${origin.file} ${pointer} ${code} ${diagnostic.message}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    list.push(diagnostic);
  }

  /** A report for the faults of one definition. */
  at(origin: Origin): Report {
    return (fault) => this.add(origin, fault);
  }

  /** In order of file, line, column, pointer, code; where there are too many, warnings give way to errors. */
  sorted(): readonly Diagnostic[] {
    const { error, warning } = this.#listed;
    return [...error, ...warning.slice(0, LISTED_MAX - error.length)].sort(compareDiagnostics);
  }

  warnings(): readonly Diagnostic[] {
    return [...this.#listed.warning].sort(compareDiagnostics);
  }

  /** Throws this code (kind `manifest`) with everything that was found, when something was refused. */
  throwIfFailed(code = "manifest.invalid"): void {
    if (this.#errors === 0) return;
    const diagnostics = this.sorted();
    const first = diagnostics.find((diagnostic) => diagnostic.severity === "error");
    const more = this.#errors === 1 ? "" : ` (and ${this.#errors - 1} more)`;
    throw new AirloomError("manifest", code, `${first?.message ?? "invalid"}${more}`, {
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
