/**
 * Everything admission knows about a module before anything of it runs: what it is made of, and what is
 * wrong with it. Every property has its own check and its own code; all findings are given at once.
 */

import type { Diagnostic } from "../values/errors.ts";
import { AirloomError } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";
import { plain, quote } from "../values/quote.ts";
import type { AdmissionOptions } from "./admission.ts";
import { type Entries, entriesOf, takesAndGives } from "./entries.ts";
import { featureFindings } from "./features.ts";
import { type CallGraph, callGraph } from "./graph.ts";
import { functionCount, limitFindings, type Measure, measures } from "./measures.ts";
import { functionNames } from "./names.ts";
import { Malformed } from "./reader.ts";
import { type FunctionScan, scanFunction } from "./scan.ts";
import { readStructure, type Structure } from "./structure.ts";

export interface Examination {
  readonly findings: readonly Diagnostic[];
  /** Null when the bytes are no module at all. */
  readonly structure: Structure | null;
  readonly entries: Entries;
  /** One for each function, in order; none when the module could not be read to its end. */
  readonly scans: readonly FunctionScan[];
  readonly graph: CallGraph | null;
  readonly names: ReadonlyMap<number, string>;
  readonly measures: readonly Measure[];
}

const NOTHING: Omit<Examination, "findings"> = {
  structure: null,
  entries: { step: null, run: null },
  scans: [],
  graph: null,
  names: new Map(),
  measures: [],
};

/** Never throws for bad bytes; throws `host.instantiation_failed` when the engine could not look at them. */
export function examine(bytes: Uint8Array, options: AdmissionOptions): Examination {
  const max = LIMITS.moduleBytesMax;
  if (bytes.length > max) {
    const message = `the module has ${bytes.length} bytes, at most ${max} may be`;
    const sizes = { found: `${bytes.length} bytes`, expected: `at most ${max} bytes` };
    return { ...NOTHING, findings: [finding("module.too_large", message, sizes)] };
  }
  const structure = tryReading(() => readStructure(bytes));
  const tooMany = structure === null ? [] : limitFindings([functionCount(structure)]);
  if (tooMany.length > 0) return { ...NOTHING, structure, findings: tooMany };
  const refusal = engineRefusal(bytes);
  const scans = structure?.complete ? (tryReading(() => scanAll(structure)) ?? []) : [];
  const names = structure === null ? NOTHING.names : functionNames(structure);
  const features = structure === null ? [] : featureFindings(structure, scans, names, options.floats);
  const imports = structure === null ? [] : importFindings(structure);
  const unreadable = structure === null || !structure.complete || scans.length < structure.bodies.length;
  if (refusal !== null || unreadable) {
    const known = [...imports, ...features];
    const findings = known.length > 0 ? known : [invalid(refusal ?? "the code cannot be read")];
    return { ...NOTHING, structure, scans, names, findings };
  }
  const graph = callGraph(structure, scans);
  const measured = measures(structure, scans, graph, options, names);
  const findings = [
    ...imports,
    ...features,
    ...interfaceFindings(structure, options),
    ...limitFindings(measured),
  ];
  return { findings, structure, entries: entriesOf(structure), scans, graph, names, measures: measured };
}

export function finding(code: string, message: string, details: Partial<Diagnostic> = {}): Diagnostic {
  return { code, severity: "error", message, ...details };
}

function invalid(found: string): Diagnostic {
  return finding("module.invalid_wasm", "the bytes are no valid wasm module", {
    expected: "core wasm",
    found: plain(found, LIMITS.faultTextMax),
  });
}

/** What the engine has against the bytes, in its words; null when it takes them. */
function engineRefusal(bytes: Uint8Array): string | null {
  // A copy: the engine's types ask for bytes that are not shared.
  const own = new Uint8Array(bytes);
  try {
    if (WebAssembly.validate(own)) return null;
    new WebAssembly.Module(own);
    return null;
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return error.message;
    throw hostFailure(error);
  }
}

export function hostFailure(cause: unknown): AirloomError {
  return new AirloomError("host", "host.instantiation_failed", "the engine could not take the module", {
    cause,
  });
}

function tryReading<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

function scanAll(structure: Structure): FunctionScan[] {
  return structure.bodies.map((_, i) => scanFunction(structure, structure.importedFunctions + i));
}

function importFindings({ imports }: Structure): Diagnostic[] {
  return imports.map(({ module, name }) => {
    const found = plain(`${module}.${name}`);
    return finding("module.imports", `the module imports ${found}`, {
      expected: "no imports",
      found,
      hint: importHint(module, name),
    });
  });
}

function importHint(module: string, name: string): string {
  const context = "a reducer gets time and entropy from its context";
  if (module.startsWith("wasi_")) return "build without WASI, as a library for wasm32-unknown-unknown";
  if (module.startsWith("__wbindgen") || module === "wbg") return "build without wasm-bindgen";
  if (module === "env" && name === "abort") return "`airloom build` gives abort a body of its own";
  if (module === "env" && name === "memory") return "let the module define and export its memory";
  return `${sourceOf(module, name)} leads to it; ${context}`;
}

/** What an AssemblyScript author wrote, most likely, to get an import of this name. */
export function sourceOf(from: string, name: string): string {
  if (from !== "env") return plain(name);
  if (name === "seed") return "Math.random";
  return plain(name).replace(/^crypto\..*/, "crypto.getRandomValues");
}

const INJECTED_NAMES = "\u0001";
const STEP_FORMS = "(i32, i32, i32) -> () or (i32, i32) -> (i32, i32)";

/** The exports a host calls: present, of the right kind and signature. */
function interfaceFindings(structure: Structure, { entry }: AdmissionOptions): Diagnostic[] {
  const findings = structure.exports
    .filter(({ name }) => name.startsWith(INJECTED_NAMES))
    .map(({ name }) =>
      finding("module.export_name", `the export name ${quote(name)} is not allowed`, {
        found: quote(name),
        expected: "names that do not begin with U+0001",
      }),
    );
  const kinds = new Map(structure.exports.map(({ name, kind }) => [name, kind]));
  const demand = (name: string, kind: "memory" | "function") => {
    const found = kinds.get(name);
    if (found === undefined) {
      const message = `the module exports no ${kind} named '${name}'`;
      findings.push(finding("module.export_missing", message, { expected: `a ${kind} '${name}'` }));
    } else if (found !== kind) {
      findings.push(finding("module.export_kind", `'${name}' is a ${found}`, { expected: kind, found }));
    }
    return found === kind;
  };
  demand("memory", "memory");
  if (demand("alloc", "function") && !takesAndGives(structure, "alloc", 1, 1)) {
    findings.push(signature("alloc", "(i32) -> (i32)"));
  }
  const wanted = entry ?? (kinds.has("run") && !kinds.has("step") ? "run" : "step");
  const entries = entriesOf(structure);
  if (demand(wanted, "function") && entries[wanted] === null) findings.push(signature(wanted, STEP_FORMS));
  return findings;
}

function signature(name: string, expected: string): Diagnostic {
  return finding("module.signature", `'${name}' has another signature`, { expected });
}
