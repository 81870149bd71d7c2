/**
 * What a module must be before it may run: core wasm that imports nothing, exports the interface of a reducer
 * or a pure module, uses nothing that differs between engines and keeps within the limits. Found statically
 * (examine.ts), but for the start function, which runs once under fuel. What is admitted is rewritten:
 * the copy that runs counts fuel, bounds its stack and memory and can be set back.
 */

import { DEFAULT_MODULE_LIMITS, type ModuleLimits } from "../air/settings.ts";
import { AirloomError, bug, type Diagnostic } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";
import { plain } from "../values/quote.ts";
import type { Entries, Entry } from "./entries.ts";
import { examine, finding, hostFailure } from "./examine.ts";
import { NAME, type Snapshot, WHY } from "./inject.ts";
import { pagesMaxOf, rewrite, type Subject } from "./rewrite.ts";
import { takeSnapshot } from "./snapshot.ts";
import { TYPE } from "./structure.ts";

export type { CallForm, Entries, Entry } from "./entries.ts";
export { sourceOf } from "./examine.ts";

/** What the settings say of a module, and what it is called for. */
export interface AdmissionOptions extends ModuleLimits {
  /** The entry it must have; unless given it must have one of the two. */
  readonly entry?: Entry;
}

export interface AdmittedModule {
  /** The rewritten module; its exports are the memory, the fault record and those of inject.ts. */
  readonly module: WebAssembly.Module;
  readonly entries: Entries;
  readonly limits: ModuleLimits;
  /** Whether `reset` brings everything back: false makes every call one of a fresh instance. */
  readonly restorable: boolean;
  /** Bytes of its memory before any call. */
  readonly memoryBytes: number;
  /** Pages its memory may have. */
  readonly pagesMax: number;
  /** Bytes of the rewritten module. */
  readonly rewrittenBytes: number;
  /** Functions of its own; those behind them are injected. */
  readonly functions: number;
  /** Where each of its functions' bodies begins in the rewritten module. */
  readonly bodies: Uint32Array;
  /** The original bytes. */
  readonly original: Uint8Array;
}

/**
 * Checks and rewrites a module. Throws an `AirloomError` of kind `module` with the code of the first finding
 * and all of them as diagnostics, each `module.<property>` (docs/diagnostics); of kind `host`
 * (`host.instantiation_failed`, `host.memory_refused`) when this machine could not try the module.
 */
export function admitModule(bytes: Uint8Array, options: Partial<AdmissionOptions> = {}): AdmittedModule {
  const limits: AdmissionOptions = { ...DEFAULT_MODULE_LIMITS, ...options };
  const { findings, structure, scans, graph, entries } = examine(bytes, limits);
  const first = findings[0];
  if (first !== undefined) throw refusal(findings);
  if (structure === null || graph === null) throw bug("a module without findings that was not read");
  const subject: Subject = { structure, scans, graph, limits };
  const start = tryStart(subject);
  // An instance that had no memory has grown by the time it can do anything, and is not used again.
  const snapshot = isRestorable(subject) && start.memoryBytes > 0 ? start : null;
  const { bytes: rewritten, bodies } = rewrite(subject, snapshot);
  return {
    module: compile(rewritten),
    entries,
    limits,
    restorable: snapshot !== null,
    memoryBytes: start.memoryBytes,
    pagesMax: pagesMaxOf(subject),
    rewrittenBytes: rewritten.length,
    functions: scans.length,
    bodies,
    original: bytes,
  };
}

function refusal(findings: readonly Diagnostic[]): AirloomError {
  const { code, message } = findings[0]!;
  return new AirloomError("module", code, message, { diagnostics: findings });
}

/** Tables, dropped segments and references are not set back. */
function isRestorable({ structure, scans }: Subject): boolean {
  if (scans.some(({ leavesTraces }) => leavesTraces)) return false;
  return !structure.globals.some(({ type, mutable }) => mutable && type < TYPE.f64);
}

function compile(rewritten: Uint8Array): WebAssembly.Module {
  try {
    return new WebAssembly.Module(rewritten as Uint8Array<ArrayBuffer>);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw hostFailure(error);
    throw bug("a rewritten module is not valid", { reason: error.message });
  }
}

/** Runs the start function in the first rewriting and looks at what it leaves. */
function tryStart(subject: Subject): Snapshot {
  const { exports } = instantiateFirst(compile(rewrite(subject, "first").bytes));
  const start = exports[NAME.start] as (() => void) | undefined;
  try {
    start?.();
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw hostFailure(error);
    throw startRefusal(error, (exports[NAME.why] as () => number)());
  }
  return takeSnapshot(subject.structure, exports);
}

function instantiateFirst(module: WebAssembly.Module): WebAssembly.Instance {
  try {
    return new WebAssembly.Instance(module);
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw hostFailure(error);
    throw startTraps(error);
  }
}

function startRefusal(error: Error, why: number): AirloomError {
  if (why === WHY.growRefused) return memoryRefused();
  if (why !== WHY.fuel) return startTraps(error);
  const max = LIMITS.startFuelMax;
  const message = `the start function uses more than ${max} fuel`;
  const hint = "what runs at the top level of a source runs in every new instance: move it into a call";
  return refusal([finding("module.start_endless", message, { expected: `at most ${max} fuel`, hint })]);
}

function startTraps(error: Error): AirloomError {
  const found = plain(error.message, LIMITS.faultTextMax);
  const hint = "what fails stands at the top level of a source, or data does not fit into the memory";
  return refusal([
    finding("module.start_traps", "the module traps when it is instantiated", { found, hint }),
  ]);
}

/** The engine had no memory to give below the module's maximum. */
export function memoryRefused(): AirloomError {
  return new AirloomError("host", "host.memory_refused", "this machine refused the module more memory");
}
