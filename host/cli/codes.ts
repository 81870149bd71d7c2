/** Every code a user may meet, for `airloom explain`: those of definitions and values, and those below. */

import { DIAGNOSTIC_CODES } from "../air/codes.ts";

/** Codes of errors and recorded faults beyond `DIAGNOSTIC_CODES`, and what each says in one line. */
const OTHERS: readonly (readonly [code: string, title: string])[] = [
  ["manifest.invalid", "The definitions have faults"],
  ["patch.invalid", "A patch document has faults"],
  ["value.invalid", "A value is not of its schema"],
  ["cbor.range", "An integer is too large for CBOR"],
  ["hash.needs_world", "A hash cannot be taken without the world around it"],
  ["hash.unknown_name", "There is no definition of this name"],
  ["explain.unknown_code", "There is no such code"],
  ["format.needs_world", "A value cannot be rewritten without the world around it"],
  ["format.meaning_changed", "Formatting would have changed a hash"],

  ["world.missing", "There is no such world"],
  ["world.unreadable", "A file of a world cannot be read"],
  ["world.folder_changed", "The folder differs from what the world runs"],
  ["world.unsupported", "This engine cannot run these definitions"],
  ["world.busy", "The world has too much pending work"],
  ["world.closed", "The world is closed"],
  ["world.diverged", "The journal does not replay"],
  ["manifest.world_busy", "Definitions cannot change while work is pending"],
  ["reducer.missing", "The world has no such reducer"],
  ["scenario.missing", "The scenario cannot be read"],

  ["event.invalid", "An event cannot be sent as it is written"],
  ["event.invalid_key", "A key is neither a text nor an integer"],
  ["event.unknown_schema", "The world knows no such schema"],
  ["event.too_large", "An event is too large"],
  ["ingress.invalid_id", "An ingress id is empty or too long"],
  ["ingress.conflict", "An ingress id was used for another request"],
  ["continue.nothing_pending", "There is no work to continue"],
  ["route.missing_key", "An event has no key for the module it goes to"],
  ["route.unexpected_key", "An event has a key, and goes to a module with a single cell"],
  ["route.key_mismatch", "The key of an event is not the one in its value"],

  ["state.invalid", "A module returned a state that is not of its schema"],
  ["state.too_large", "A module returned a state that is too large"],
  ["effect.undeclared", "A module emitted an effect it does not declare"],
  ["effect.too_many", "A module emitted too many effects at once"],
  ["effect.wrong_origin", "A module emitted an effect that only plans may emit"],
  ["idempotency.invalid", "An idempotency key has not 32 bytes"],
  ["cap.binding_missing", "No grant is bound to the slot of an effect"],
  ["cap.type_mismatch", "The grant of a slot is of another capability type"],
  ["capability.denied", "The grant does not cover an effect"],
  ["policy.denied", "The policy does not allow an effect"],
  ["receipt.invalid_payload", "A receipt is not of the schema of its effect"],
  ["receipt.unknown", "A receipt answers an intent that is not open"],
  ["receipt.unknown_effect", "A receipt belongs to an effect the manifest no longer has"],
  ["reducer.vanished", "An event was meant for a reducer that is gone"],

  ["plan.missing_ref", "A plan read something that had no value"],
  ["plan.missing_field", "A plan looked for a part that was not there"],
  ["plan.type_error", "A plan computed with a value of the wrong kind"],
  ["plan.invalid_arity", "A plan used an operator with the wrong number of arguments"],
  ["plan.numeric_overflow", "A plan computed a number that is out of range"],
  ["plan.divide_by_zero", "A plan divided by zero"],
  ["plan.invalid_value", "A plan made a value that is not of its schema"],
  ["plan.result_mismatch", "A plan ended with a result it does not declare, or without one it does"],
  ["plan.invalid_input", "A plan was started with something that is not its input"],
  ["plan.route_refused", "A plan raised an event that cannot be routed"],
  ["plan.stalled", "A plan has steps left and none of them can run"],

  ["module.missing", "A module is not here"],
  ["module.unreadable", "The file of a module cannot be read"],
  ["module.hash_mismatch", "The file of a module holds other bytes than its name says"],
  ["module.too_large", "A module is too large"],
  ["module.invalid_wasm", "The bytes are no wasm module"],
  ["module.imports", "A module imports something"],
  ["module.memory_kind", "A module has not one plain memory"],
  ["module.exceptions", "A module uses wasm exceptions"],
  ["module.export_name", "A module exports a name that is not allowed"],
  ["module.export_missing", "A module lacks an export"],
  ["module.export_kind", "A module exports something else under a name"],
  ["module.signature", "An exported function takes or gives something else"],
  ["module.start_traps", "A module fails while it is instantiated"],
  ["module.abort", "A module gave up"],
  ["module.trap", "A module trapped"],
  ["module.output_invalid", "A module returned something that is no output"],

  ["build.compile", "A reducer does not compile"],
  ["build.compiler_crash", "The compiler crashed"],
  ["build.source_missing", "The source of a reducer is not there"],
  ["build.no_reducer_class", "A source exports no reducer class"],
  ["build.many_reducer_classes", "A source exports several reducer classes"],
  ["build.stale", "A module was built from other sources"],
  ["build.no_such_module", "No file defines the module"],
  ["build.not_json", "A definition file is not JSON"],
  ["build.unreadable", "A source cannot be read"],

  ["store.missing", "There is no store"],
  ["store.busy", "Another process holds the store"],
  ["store.fenced", "Another process took the world over"],
  ["store.unknown", "It is not known whether a frame was written"],
  ["store.corrupt", "The store is damaged"],
  ["store.io", "The store could not be read or written"],
  ["store.poisoned", "The store refuses everything after a failed write"],
  ["store.version", "The store has the format of another version"],
  ["store.many_worlds", "The store holds several worlds"],
  ["store.pruned", "Old versions of cells were dropped"],
  ["store.closed", "The store was closed already"],
  ["store.read_only", "The store was opened for reading"],

  ["journal.corrupt", "The journal is damaged"],
  ["snapshot.corrupt", "A snapshot cannot be read"],
  ["snapshot.not_idle", "A snapshot was asked for while work is pending"],
  ["definition.invalid", "A recorded definition cannot be read"],
  ["definitions.missing", "A recorded definition is not in the store"],
  ["definitions.corrupt", "The recorded definitions do not fit together"],
  ["settings.corrupt", "The recorded settings cannot be read"],
  ["genesis.unknown_profile", "The world was made under limits this version does not know"],
  ["genesis.unknown_behaviour", "The world was made by rules this version does not know"],
  ["key.unreadable", "The key of a world cannot be read"],
  ["key.invalid", "The key file of a world holds no key"],

  ["host.instantiation_failed", "The engine could not take a module"],
  ["host.stack_exhausted", "A module used up the engine's stack"],
  ["schemas.missing", "A JSON Schema of the package is not there"],
  ["internal.bug", "Airloom has a bug"],
];

export interface ExplainedCode {
  readonly title: string;
  readonly severity: "error" | "warning";
}

/** By code: definitions and values first. */
export const EXPLAINED_CODES: ReadonlyMap<string, ExplainedCode> = new Map<string, ExplainedCode>([
  ...DIAGNOSTIC_CODES,
  ...OTHERS.map(([code, title]) => [code, { title, severity: "error" }] as const),
]);

/**
 * The code whose page speaks of this one: itself, or for a message of the AssemblyScript compiler, whose
 * numbers are its own, `build.compile`.
 */
export function pageOf(code: string): string {
  return /^build\.(as|ts)\d+$/.test(code) ? "build.compile" : code;
}
