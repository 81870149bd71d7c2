/**
 * Every refusal and failure of Airloom. A code is stable and dotted; its kind says what the reader does
 * next; tests assert codes and fields, never sentences.
 */

import { plain } from "./quote.ts";

/** What the reader does next. */
export type ErrorKind =
  | "manifest" // fix the definitions
  | "module" // fix the module
  | "request" // fix what was asked
  | "missing" // name something that exists
  | "denied" // ask for a grant or another policy
  | "retry" // try again later
  | "corrupt" // restore from a copy
  | "host" // this machine or engine could not do it
  | "bug"; // tell us

/** One fault found in an input. All faults of an input are reported together. */
export interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly severity: "error" | "warning";
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** JSON pointer (RFC 6901) into the file or value. */
  readonly pointer?: string;
  readonly expected?: string;
  readonly found?: string;
  /** What to do about it. */
  readonly hint?: string;
}

export interface ErrorDetails {
  readonly diagnostics?: readonly Diagnostic[];
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** What a message may repeat of an input, in UTF-16 units. */
const TEXT_MAX = 1000;

/**
 * The diagnostic with its texts on one line each, cut, and without anything that steers a terminal: they repeat what
 * others wrote. Pointer and file stay as they are, since they lead somewhere.
 */
export function plainDiagnostic(diagnostic: Diagnostic): Diagnostic {
  const { expected, found, hint } = diagnostic;
  return {
    ...diagnostic,
    message: plain(diagnostic.message, TEXT_MAX),
    ...(expected === undefined ? {} : { expected: plain(expected, TEXT_MAX) }),
    ...(found === undefined ? {} : { found: plain(found, TEXT_MAX) }),
    ...(hint === undefined ? {} : { hint: plain(hint, TEXT_MAX) }),
  };
}

/**
 * The one error class; `code` and `kind` are what callers switch on. Its message and diagnostics are made plain,
 * whatever they were made of.
 */
export class AirloomError extends Error {
  override readonly name = "AirloomError";
  readonly code: string;
  readonly kind: ErrorKind;
  readonly diagnostics: readonly Diagnostic[];
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(kind: ErrorKind, code: string, message: string, details: ErrorDetails = {}) {
    super(plain(message, TEXT_MAX), details.cause === undefined ? {} : { cause: details.cause });
    this.kind = kind;
    this.code = code;
    this.diagnostics = details.diagnostics?.map(plainDiagnostic) ?? [];
    this.fields = details.fields ?? {};
  }
}

/** An invariant of ours does not hold: the world must stop. */
export function bug(message: string, fields: Readonly<Record<string, unknown>> = {}): AirloomError {
  return new AirloomError("bug", "internal.bug", message, { fields });
}

/** Checks an invariant; throws `internal.bug`. */
export function invariant(holds: boolean, message: string): asserts holds {
  if (!holds) throw bug(message);
}
