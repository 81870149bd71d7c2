/**
 * What a module must be before it may run: core wasm that imports nothing and exports the interface of a
 * reducer. Found statically, but for the start function, which every call runs first and which must not trap.
 */

import { AirloomError, type Diagnostic } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";
import { plain, quote } from "../values/quote.ts";
import { type BinaryFacts, readBinary, type Signature } from "./binary.ts";

/**
 * How `step` answers. `struct-return`: `(at, start, length) -> ()`, address and length of the output are
 * left at `at`. `multi-value`: `(start, length) -> (address, length)`.
 */
export type StepForm = "struct-return" | "multi-value";

export interface AdmittedModule {
  readonly module: WebAssembly.Module;
  readonly form: StepForm;
}

/**
 * Checks a module. Throws an `AirloomError` of kind `module` with the code of the first finding and all of
 * them as diagnostics: `module.too_large`, `module.invalid_wasm`, `module.imports`, `module.memory_kind`,
 * `module.exceptions`, `module.export_name`, `module.export_missing`, `module.export_kind`,
 * `module.signature`, `module.start_traps`.
 */
export function admitModule(bytes: Uint8Array): AdmittedModule {
  const findings: Diagnostic[] = [];
  const refuse = (code: string, message: string, details: Partial<Diagnostic> = {}) => {
    findings.push({ code, severity: "error", message, ...details });
  };
  const module = compile(bytes);
  checkImports(module, refuse);
  throwIfAny(findings);
  const facts = readBinary(bytes);
  checkFeatures(facts, refuse);
  checkExports(module, facts, refuse);
  throwIfAny(findings);
  checkStart(module);
  return { module, form: formOf(facts.functions.get("step"))! };
}

type Refuse = (code: string, message: string, details?: Partial<Diagnostic>) => void;

function throwIfAny(findings: readonly Diagnostic[]): void {
  const first = findings[0];
  if (first === undefined) return;
  throw new AirloomError("module", first.code, first.message, { diagnostics: findings });
}

function compile(bytes: Uint8Array): WebAssembly.Module {
  const max = LIMITS.moduleBytesMax;
  if (bytes.length > max) {
    throw refusal("module.too_large", `the module has ${bytes.length} bytes, at most ${max} may be`);
  }
  try {
    // A copy: the engine's types ask for bytes that are not shared.
    return new WebAssembly.Module(new Uint8Array(bytes));
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw hostFailure(error);
    throw refusal("module.invalid_wasm", "the bytes are no valid wasm module", { found: wordsOf(error) });
  }
}

function checkImports(module: WebAssembly.Module, refuse: Refuse): void {
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    const found = plain(`${from}.${name}`);
    const hint = `${sourceOf(from, name)} leads to it; a reducer gets time and entropy from its context`;
    refuse("module.imports", `the module imports ${found}`, { expected: "no imports", found, hint });
  }
}

/** What an AssemblyScript author wrote, most likely, to get an import of this name. */
export function sourceOf(from: string, name: string): string {
  if (from !== "env") return plain(name);
  if (name === "seed") return "Math.random";
  return plain(name).replace(/^crypto\..*/, "crypto.getRandomValues");
}

function checkFeatures(facts: BinaryFacts, refuse: Refuse): void {
  const plainMemory = facts.memories.length === 1 && facts.memories.every((m) => !m.shared && !m.is64);
  if (facts.memories.length > 0 && !plainMemory) {
    refuse("module.memory_kind", "the module must have one memory, 32-bit and not shared");
  }
  if (facts.declaresTags) refuse("module.exceptions", "the module uses wasm exceptions");
}

const EXPORTS = { memory: "memory", alloc: "function", step: "function" } as const;

function checkExports(module: WebAssembly.Module, facts: BinaryFacts, refuse: Refuse): void {
  const kinds = new Map(WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind]));
  for (const name of kinds.keys()) {
    if (!isPlainName(name)) refuse("module.export_name", `the export name ${quote(name)} is not allowed`);
  }
  for (const [name, kind] of Object.entries(EXPORTS)) {
    const found = kinds.get(name);
    if (found === undefined) refuse("module.export_missing", `the module exports no ${kind} named '${name}'`);
    else if (found !== kind) {
      refuse("module.export_kind", `'${name}' is a ${found}`, { expected: kind, found });
    }
  }
  const alloc = facts.functions.get("alloc");
  if (alloc !== undefined && !takesAndGives(alloc, 1, 1)) {
    refuse("module.signature", "'alloc' has another signature", { expected: "(i32) -> (i32)" });
  }
  const step = facts.functions.get("step");
  if (step !== undefined && formOf(step) === null) {
    const expected = "(i32, i32, i32) -> () or (i32, i32) -> (i32, i32)";
    refuse("module.signature", "'step' has another signature", { expected });
  }
}

/**
 * A name the loader takes as it is: it reads '.', '#' and ':' as paths into objects, so that a name such as
 * `constructor#x` would write to `Object.prototype`, and `__get...` are its own.
 */
function isPlainName(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name) && !/^__(get|proto)/.test(name);
}

function formOf(step: Signature | null | undefined): StepForm | null {
  if (takesAndGives(step, 3, 0)) return "struct-return";
  return takesAndGives(step, 2, 2) ? "multi-value" : null;
}

function takesAndGives(
  signature: Signature | null | undefined,
  parameters: number,
  results: number,
): boolean {
  if (!signature || signature.parameters.length !== parameters) return false;
  if (signature.results.length !== results) return false;
  return [...signature.parameters, ...signature.results].every((type) => type === "i32");
}

function checkStart(module: WebAssembly.Module): void {
  try {
    new WebAssembly.Instance(module);
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw hostFailure(error);
    throw refusal("module.start_traps", "the module traps when it is instantiated", {
      found: wordsOf(error),
    });
  }
}

function refusal(code: string, message: string, details: Partial<Diagnostic> = {}): AirloomError {
  const diagnostic: Diagnostic = { code, severity: "error", message, ...details };
  return new AirloomError("module", code, message, { diagnostics: [diagnostic] });
}

function hostFailure(cause: unknown): AirloomError {
  return new AirloomError("host", "host.instantiation_failed", "the engine could not take the module", {
    cause,
  });
}

function wordsOf(error: Error): string {
  return plain(error.message, LIMITS.faultTextMax);
}
